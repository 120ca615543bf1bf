/**
 * What is written where: results to stdout, complaints to stderr, colours and a line that rewrites
 * itself only on a terminal. A reader that goes away (`| head -1`) ends nothing.
 *
 * @module
 */

import process from 'node:process';
import { squeezeTo } from './plain.ts';

/** Colours that mean something; the same is always said in words, too. */
export type Colour = 'good' | 'bad' | 'between' | 'faint' | 'strong';

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  good: [32, 39],
  bad: [31, 39],
  between: [33, 39],
  faint: [2, 22],
  strong: [1, 22],
};

/** As wide as a terminal is when nobody knows. */
const COLUMNS = 80;

/** The two streams of a command. */
export class Terminal {
  readonly columns: number;
  readonly #isTerminal: boolean;
  readonly #hasColours: boolean;
  /** With `--json`, stdout has the one line of the result. */
  readonly #isQuiet: boolean;
  #shown = '';

  constructor(isQuiet: boolean) {
    const { stdout, stderr, env } = process;
    const isDumb = env.TERM === 'dumb';
    this.#isQuiet = isQuiet;
    this.#isTerminal = stdout.isTTY === true && !isDumb;
    // https://no-color.org: set and not empty.
    this.#hasColours = this.#isTerminal && (env.NO_COLOR ?? '') === '';
    this.columns = this.#isTerminal && stdout.columns > 0 ? stdout.columns : COLUMNS;
    for (const stream of [stdout, stderr]) {
      // EPIPE: the exit code is still to be told. Whatever else it is, there is nowhere to tell it.
      stream.on('error', () => {});
    }
  }

  /** Text in a colour, where there are colours. */
  paint(colour: Colour, text: string): string {
    const [on, off] = CODES[colour];
    return this.#hasColours ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  }

  /**
   * What is being done, what is in its way, and for how long. On a terminal one line that rewrites
   * itself; elsewhere a line for each change, without the time, which always changes.
   */
  progress(what: string, why: string, time: string): void {
    if (this.#isQuiet) return;
    const text = `${what}: ${why}`;
    if (this.#isTerminal) {
      // Three columns stay free, for the `^C` of a terminal: a line that wraps cannot be rewritten.
      const columns = Math.max(0, this.columns - 3);
      const shortened = squeezeTo(why, Math.max(1, columns - what.length - time.length - 5));
      process.stdout.write(`\r${squeezeTo(`${what}: ${shortened} (${time})`, columns)}\x1b[K`);
    } else if (text !== this.#shown) {
      process.stdout.write(`${text}\n`);
    }
    this.#shown = text;
  }

  /** Takes away the line of {@link progress}. */
  clear(): void {
    if (this.#isTerminal && this.#shown !== '') process.stdout.write('\r\x1b[K');
    this.#shown = '';
  }

  /** The result. Resolves when it was handed over, or nobody reads. */
  print(text: string): Promise<void> {
    this.clear();
    return written(process.stdout, text);
  }

  /** What went wrong. */
  complain(text: string): Promise<void> {
    this.clear();
    return written(process.stderr, `tidegate: ${text}`);
  }
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(`${text}\n`, () => resolve());
  });
}
