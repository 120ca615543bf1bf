/**
 * A program that says itself when it is ready, and brings a step.
 *
 * @module
 */

import { createServer } from 'node:http';
import process from 'node:process';
import { lifecycle } from 'tidegate/auto';
import { listen, listener } from './answer.js';

lifecycle.setStartingReason('filling the cache');
lifecycle.step({ name: 'flush', run: ({ ready }) => console.log(`flushed, ready: ${ready}`) });
process.on('SIGUSR2', () => lifecycle.markReady());
listen(createServer(listener));
