/**
 * A worker that calls `handleSignals`, and posts what came of it.
 *
 * @module
 */

import { parentPort } from 'node:worker_threads';
import { Lifecycle } from '../../src/index.ts';
import { door } from '../runtime/door.ts';

let message: object;
try {
  door.handleSignals(Lifecycle.create());
  message = { code: 'none' };
} catch (error) {
  const { name, code, message: text } = error as { name: string; code: string; message: string };
  message = { name, code, text };
}
if (parentPort) parentPort.postMessage(message);
else (globalThis as unknown as { postMessage(message: object): void }).postMessage(message);
