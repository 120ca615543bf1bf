/**
 * Text from a service as a terminal may show it. Reasons, names and errors are anybody's: an escape
 * sequence in one could move the cursor, hide a line or set the title of the window.
 *
 * @module
 */

/**
 * Controls of both sets, line and paragraph separators, marks that turn the direction of what
 * follows, tags that show as nothing, and halves of surrogate pairs.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** The text on one line, with `\u{1b}` for what must not reach a terminal. */
export function plain(text: string): string {
  return text.replace(UNSAFE, (unsafe) => `\\u{${unsafe.codePointAt(0)?.toString(16)}}`);
}

/**
 * One line of JSON that is as safe: `JSON.stringify` leaves C1 controls and direction marks as
 * they are. Both only ever stand in strings, where an escape means the same.
 */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (unsafe) =>
    Array.from({ length: unsafe.length }, (_, index) => escapeOf(unsafe.charCodeAt(index))).join(
      '',
    ),
  );
}

/**
 * Shortens a text to so many columns, before its end rather than at it: what could not be reached
 * begins with where, and ends with why.
 */
export function squeezeTo(text: string, columns: number): string {
  const characters = [...text];
  if (fitting(characters, columns) === characters.length) return text;
  const headColumns = Math.floor((columns - 1) / 3);
  const head = fitting(characters, headColumns);
  const tail = fitting([...characters].reverse(), columns - 1 - headColumns);
  return [...characters.slice(0, head), '…', ...characters.slice(characters.length - tail)].join(
    '',
  );
}

/** How many of the characters fit. */
function fitting(characters: readonly string[], columns: number): number {
  let width = 0;
  const over = characters.findIndex((character) => {
    width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
    return width > columns;
  });
  return over < 0 ? characters.length : over;
}

function escapeOf(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
