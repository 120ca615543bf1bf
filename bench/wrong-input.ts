/**
 * What the user of the command can correct. `run.js` prints the message alone and ends with 2; any
 * other error is a fault of ours, and keeps its stack.
 *
 * @module
 */

/** An unknown case or runtime, an unreadable file, an invalid number. */
export class WrongInput extends Error {
  override readonly name = 'WrongInput';
}

/**
 * The value of an option that counts something.
 *
 * @throws {WrongInput} unless it is a whole number from `least` up
 */
export function wholeNumber(option: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new WrongInput(`${option} is "${text}", not a whole number from ${least} up`);
}
