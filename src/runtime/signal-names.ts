/**
 * Names of signals: which ones exist here, which exist on other platforms only, and which no process
 * can handle. It listens to none of them.
 *
 * @module
 */

import { constants } from 'node:os';
import { shown } from '../lifecycle/errors.ts';
import { nearest } from '../lifecycle/known-keys.ts';

/** POSIX.1-2017: these two can be neither caught nor ignored. */
const UNHANDLED: readonly string[] = ['SIGKILL', 'SIGSTOP'];

/**
 * What Linux, the BSDs, macOS, illumos and Windows know, whichever of them this is: a list of names
 * that serves several systems is no mistake, and a misspelt name is.
 */
const KNOWN: readonly string[] = [
  'SIGABRT',
  'SIGALRM',
  'SIGBREAK',
  'SIGBUS',
  'SIGCHLD',
  'SIGCLD',
  'SIGCONT',
  'SIGEMT',
  'SIGFPE',
  'SIGHUP',
  'SIGILL',
  'SIGINFO',
  'SIGINT',
  'SIGIO',
  'SIGIOT',
  'SIGLOST',
  'SIGPIPE',
  'SIGPOLL',
  'SIGPROF',
  'SIGPWR',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSTKFLT',
  'SIGSYS',
  'SIGTERM',
  'SIGTHR',
  'SIGTRAP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGUNUSED',
  'SIGURG',
  'SIGUSR1',
  'SIGUSR2',
  'SIGVTALRM',
  'SIGWINCH',
  'SIGXCPU',
  'SIGXFSZ',
];

/**
 * The names of a list that exist on this platform, with their numbers.
 *
 * @returns the numbers by name, or a text that says which name is wrong, and why
 */
export function numbersOf(names: readonly unknown[]): Map<string, number> | string {
  const here: Partial<Record<string, number>> = constants.signals;
  const numbers = new Map<string, number>();
  for (const name of names) {
    if (typeof name !== 'string') return `signal names are strings, got ${shown(name)}`;
    if (UNHANDLED.includes(name)) return `no process can handle ${name}`;
    const number = Object.hasOwn(here, name) ? here[name] : undefined;
    if (number !== undefined) numbers.set(name, number);
    else if (!KNOWN.includes(name)) return unknown(name);
  }
  return numbers;
}

function unknown(name: string): string {
  const upper = name.toUpperCase();
  const near = nearest(upper.startsWith('SIG') ? upper : `SIG${upper}`, KNOWN);
  return `unknown signal ${shown(name)}, did you mean ${shown(near)}?`;
}
