/**
 * Starts the service of this folder, and sees to its end whatever a test makes of it.
 *
 * @module
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { bundle, bundleOf, type Exit, Program, type Runtime } from '../runtime/program.ts';
import type { EndOptions } from './service.ts';

/** The service, and the worker that it starts. */
export const SERVICE: string = join(import.meta.dirname, 'service.ts');
const WORKER = join(import.meta.dirname, 'worker.ts');

const started: Program[] = [];

/** Node runs no TypeScript. */
export function bundleAll(): void {
  bundle(SERVICE);
  bundle(WORKER);
  process.env.WORKER = bundleOf(WORKER);
}

/** Starts it, and waits until it listens. */
export async function start(runtime: Runtime, options: EndOptions = {}): Promise<Program> {
  return startOf(SERVICE, runtime, options);
}

/** The same of another service. */
export async function startOf(source: string, runtime: Runtime, options: object): Promise<Program> {
  const program = await Program.start(runtime, options, source);
  started.push(program);
  return program;
}

/** Starts it, sends it a SIGTERM once it listens, and waits for its end. */
export async function ended(
  runtime: Runtime,
  options: EndOptions,
): Promise<{ program: Program; exit: Exit }> {
  const program = await start(runtime, options);
  program.signal('SIGTERM');
  return { program, exit: await program.exit };
}

/** Kills what is left of them after each test. */
export function killAfterEach(): void {
  afterEach(async () => {
    for (const program of started.splice(0)) await program.kill();
  });
}

/** Names of the steps, or of whatever the event is about, in order. */
export function names(program: Program, event: string): unknown[] {
  return program.all(event).map(({ name }) => name);
}

/** A connection that has been accepted, with `text` written to it. */
export async function client(port: number, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
