/**
 * The platform that a life needs, out of ECMAScript alone: a clock that a program moves, timers on it,
 * abort signals, UTF-8. `build.js` puts these in the place of the globals of the same names, so that the
 * workload runs where there are none, and the same way everywhere: time passes only when nothing
 * else can happen.
 *
 * It is no polyfill: it does what the lifecycle uses, and what that expects of it.
 *
 * @module
 */

/** Turns of the microtask queue after which nothing more happens by itself: chains here are shorter. */
const TURNS = 40;

interface Timer {
  readonly call: (...given: unknown[]) => void;
  readonly given: readonly unknown[];
  readonly everyMs: number | undefined;
  at: number;
}

let now = 0;
let last = 0;
const timers: Map<number, Timer> = new Map();

/** The monotonic clock. */
export const performance: { now(): number } = { now: () => now };

export function setTimeout(call: Timer['call'], ms = 0, ...given: unknown[]): number {
  return added({ call, given, everyMs: undefined, at: now + ms });
}

export function setInterval(call: Timer['call'], ms = 0, ...given: unknown[]): number {
  return added({ call, given, everyMs: ms, at: now + ms });
}

export function clearTimeout(id: number | undefined): void {
  if (id !== undefined) timers.delete(id);
}

export const clearInterval: typeof clearTimeout = clearTimeout;

export function queueMicrotask(call: () => void): void {
  void Promise.resolve().then(call);
}

function added(timer: Timer): number {
  last += 1;
  timers.set(last, timer);
  return last;
}

/** Milliseconds pass before it resolves. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve as () => void, ms));
}

/** Sets the clock back to 0 and forgets all timers. */
export function rewind(): void {
  now = 0;
  timers.clear();
}

/**
 * Lets time pass, from timer to timer, until a promise is settled, and gives what it gives.
 *
 * @throws what it rejects with; an `Error` if nothing could settle it any more
 */
export async function played<T>(life: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  life.then(over, over);
  while (true) {
    for (let turn = 0; turn < TURNS && !isOver; turn++) await undefined;
    if (isOver) return life;
    fireNext();
  }
}

/** The earliest timer; of several at the same time, the first that was set. */
function fireNext(): void {
  let found: [id: number, timer: Timer] | undefined;
  for (const each of timers) if (found === undefined || each[1].at < found[1].at) found = each;
  if (found === undefined)
    throw new Error('The life stands still: it waits, and there is no timer');
  const [id, timer] = found;
  now = Math.max(now, timer.at);
  if (timer.everyMs === undefined) timers.delete(id);
  else timer.at = now + timer.everyMs;
  timer.call(...timer.given);
}

/** An error with a name of its own. */
export class DOMException extends Error {
  constructor(message: string, name: string) {
    super(message);
    this.name = name;
  }
}

class Signal {
  aborted = false;
  reason: unknown = undefined;
  readonly #listeners: Set<() => void> = new Set();

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}

export class AbortController {
  readonly signal: Signal = new Signal();

  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    this.signal.abort(reason);
  }
}

/** UTF-8 (RFC 3629); a lone surrogate is U+FFFD. */
export class TextEncoder {
  encode(text: string): Uint8Array {
    const target = new Uint8Array(text.length * 3);
    return target.slice(0, this.encodeInto(text, target).written);
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    let [read, written] = [0, 0];
    for (const character of text) {
      const bytes = bytesOf(character.codePointAt(0) ?? 0);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

function bytesOf(point: number): readonly number[] {
  if (point >= 0xd800 && point < 0xe000) return [0xef, 0xbf, 0xbd];
  if (point < 0x80) return [point];
  const tail = (shift: number): number => 0x80 | ((point >> shift) & 0x3f);
  if (point < 0x800) return [0xc0 | (point >> 6), tail(0)];
  if (point < 0x10000) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}

/** The other way, of what the encoder above wrote. */
export class TextDecoder {
  decode(bytes: Uint8Array): string {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const first = bytes[at] ?? 0;
      const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      let point = length === 1 ? first : first & (0xff >> (length + 1));
      for (let more = 1; more < length; more++)
        point = (point << 6) | ((bytes[at + more] ?? 0) & 0x3f);
      text += String.fromCodePoint(point);
      at += length;
    }
    return text;
  }
}
