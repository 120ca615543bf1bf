/**
 * Every call of a lifecycle, uncontended: on both backends, on the naive object where it can have
 * the call, and as the bare `Atomics` operations that the call cannot do without.
 *
 * @module
 */

import { casesOf } from './call.ts';
import type { Case } from './case.ts';
import { gateCalls } from './gate.ts';
import { marks } from './marks.ts';
import { seats, texts, waits } from './others.ts';
import { reads } from './reads.ts';
import { transitions } from './transitions.ts';

/** The cases: one for each call. */
export const calls: readonly Case[] = [
  ...casesOf('read', reads),
  ...casesOf('mark', marks),
  ...casesOf('transition', transitions),
  ...casesOf('gate', gateCalls),
  ...casesOf('text', texts),
  ...casesOf('seat', seats),
  ...casesOf('wait', waits),
];
