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

/** Of the cursor, in the control sequences of ECMA-48. */
const HIDE = '\x1b[?25l';
const SHOW = '\x1b[?25h';

/** The two streams of a command. */
export class Terminal {
  readonly #isTerminal: boolean;
  readonly #hasColours: boolean;
  /** With `--json`, stdout has the one line of the result. */
  readonly #isQuiet: boolean;
  #shown = '';
  /** Lines of {@link redraw} that are on the screen. */
  #drawn = 0;

  constructor(isQuiet: boolean) {
    const { stdout, stderr, env } = process;
    const isDumb = env.TERM === 'dumb';
    this.#isQuiet = isQuiet;
    this.#isTerminal = stdout.isTTY === true && !isDumb;
    // https://no-color.org: set and not empty.
    this.#hasColours = this.#isTerminal && (env.NO_COLOR ?? '') === '';
    for (const stream of [stdout, stderr]) {
      // EPIPE: the exit code still has to be set. Any other error has nowhere to go.
      stream.on('error', () => {});
    }
  }

  /** Asked each time: a window changes its size. */
  get columns(): number {
    const { columns } = process.stdout;
    return this.#isTerminal && columns > 0 ? columns : COLUMNS;
  }

  /** True if what was written can be written over. */
  get canRedraw(): boolean {
    return this.#isTerminal;
  }

  /**
   * Text over as many lines as it needs, broken at blanks, those after the first with an indent; in a
   * colour, where there are colours.
   */
  wrap(text: string, indent: number, colour?: Colour): string {
    const width = Math.max(8, this.columns - indent);
    const lines: string[] = [];
    for (const word of text.split(' ')) {
      const line = lines.at(-1);
      if (line !== undefined && line.length + 1 + word.length <= width) {
        lines[lines.length - 1] = `${line} ${word}`;
      } else lines.push(word);
    }
    const paint = (line: string): string =>
      colour === undefined ? line : this.paint(colour, line);
    return lines.map(paint).join(`\n${' '.repeat(indent)}`);
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

  /** Text of many lines in the place of the one before, cut where the screen ends. */
  redraw(text: string): void {
    const rows = Math.max(2, process.stdout.rows || 24) - 1;
    const lines = text.split('\n');
    const more = lines.length - rows;
    const shown = more <= 0 ? lines : [...lines.slice(0, rows - 1), `… ${more + 1} more lines`];
    // Not wider than the screen either: a line that wraps is two, and the cursor would miss.
    const cut = shown.map((line) => `${cutTo(line, this.columns)}\x1b[K\n`).join('');
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : HIDE;
    process.stdout.write(`${up}\r${cut}\x1b[J`);
    this.#drawn = shown.length;
  }

  /** Takes away the line of {@link progress}; what was redrawn stays, and the cursor is back. */
  clear(): void {
    if (this.#drawn > 0) process.stdout.write(SHOW);
    this.#drawn = 0;
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

/** A line with colours in it, cut to so many columns. */
function cutTo(line: string, columns: number): string {
  let left = columns;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  return line.replace(/\x1b\[\d+m|[^\x1b]/gu, (part) =>
    part.length > 1 && part.startsWith('\x1b') ? part : left-- > 0 ? part : '',
  );
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(`${text}\n`, () => resolve());
  });
}
