/**
 * How the gate writes: times, indents, and whether there are colours. It prints nothing.
 *
 * @module
 */

import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

/** No colours and no other escape codes: not in a log, and not for who does not want them. */
export const IS_PLAIN = !process.stdout.isTTY || (process.env.NO_COLOR ?? '') !== '';

/** Milliseconds as seconds, right-aligned, so that a column of them can be compared. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1).padStart(7)} s`;
}

/** Each line of a text so many spaces further in. Lines that are empty stay so. */
export function indent(text, spaces) {
  return text.replace(/^(?=.)/gm, ' '.repeat(spaces));
}

/** Red and bold on a terminal. */
export function alarming(text) {
  return IS_PLAIN ? text : `\x1b[1;31m${text}\x1b[0m`;
}

/** A failed test and what it says, or what failed without being one. */
export function failure({ title, message }) {
  return `${alarming(title)}\n${indent(message, 4)}`;
}

/** Without escape codes: engines and assertion libraries paint on their own account. */
export function unpainted(text) {
  return stripVTControlCharacters(text);
}
