/**
 * A process that has nothing to do but a check: it ends by itself.
 *
 * @module
 */

import process from 'node:process';
import { Lifecycle } from '../../src/index.ts';
import { runtime, say } from './door.ts';

const lifecycle = Lifecycle.create();
// The first run hangs, so that its time-out is pending, and the next run of the other.
lifecycle.check({ name: 'hangs', run: () => new Promise(() => {}), timeoutMs: 2 ** 31 - 1 });
lifecycle.check({ name: 'waits', run: () => {}, everyMs: 2 ** 31 - 1 });
say('listening', { runtime, pid: process.pid });
