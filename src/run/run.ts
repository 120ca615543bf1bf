/**
 * `tidegate run`: the process above the instances of a command, for containers, systemd and terminals. It
 * passes signals on, and ends when they have.
 *
 * @module
 */

import process from 'node:process';
import { isatty } from 'node:tty';
import { CONTROL, control } from './control.ts';
import { openListening } from './listening.ts';
import { HAS_GROUPS, signal } from './process-group.ts';
import { said, say } from './say.ts';
import { Sockets } from './sockets.ts';
import { type Reloaded, type RunOptions, Supervisor } from './supervisor.ts';

export type { Place } from './listening.ts';
export type { RunOptions } from './supervisor.ts';

/** They ask the command to end. SIGBREAK is a console's on Windows. */
const STOPPING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGBREAK'];
/** They mean what the command takes them for. */
const PASSED: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];

/** Runs a command to its end. @returns the exit code @throws {Error} if it cannot listen */
export async function run(options: RunOptions): Promise<number> {
  const handed = openListening(options.listen);
  const sockets = openSockets();
  const supervisor = new Supervisor(options, sockets, handed);
  const stop = (name: NodeJS.Signals): void => supervisor.stop(name);
  const reload = (): Promise<Reloaded> => supervisor.reload();
  sockets?.open((socket) => control(socket, reload), CONTROL).catch(() => {});
  // A terminal that closes says the same, and wants no reload.
  const isTerminal = [0, 1, 2].some((file) => isatty(file));
  hear('SIGHUP', () => (isTerminal ? stop('SIGTERM') : void reload()));
  for (const name of STOPPING) hear(name, () => stop(name));
  for (const name of PASSED) hear(name, () => supervisor.pass(name));
  hear('SIGTSTP', () => {
    // The terminal stops its own group alone, and the command is in another one.
    supervisor.pass('SIGSTOP');
    signal(process.pid, 'SIGSTOP');
  });
  const code = await supervisor.over;
  sockets?.remove();
  await said();
  return code;
}

function openSockets(): Sockets | undefined {
  if (!HAS_GROUPS) return undefined;
  try {
    return new Sockets();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(`could not open a socket, so the command gets only signals: ${why}`);
    return undefined;
  }
}

/** Not every runtime and system has every signal. */
function hear(name: NodeJS.Signals, listener: () => void): void {
  try {
    process.on(name, listener);
  } catch {
    // What nobody can hear does what it always does.
  }
}
