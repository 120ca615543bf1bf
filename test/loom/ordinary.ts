/**
 * The protocol as everybody calls it, with no explorer in between: it makes the memory that a
 * scenario begins with, judges the memories it ends in, and is the oracle of what is linearizable.
 *
 * There is one memory for all of that. Making one takes longer than most explorations do.
 *
 * @module
 */

import { type Words, wordsOf } from '../../src/core/atomics/words.ts';
import type { Core } from '../../src/core/core.ts';
import { embeddedModule } from '../../src/core/embedded.ts';
import { wasmCore } from '../../src/core/wasm.ts';
import type { Thread } from './machine.ts';

/** Of memory, as the binary has it. */
const PAGES = 3;

interface Desk {
  readonly bytes: Uint8Array;
  readonly thread: Thread;
}

let desk: Desk | undefined;

/** The protocol over a copy of these bytes. It is theirs until the next call of this module. */
export function ordinary(bytes: Uint8Array): Thread {
  const { bytes: all, thread } = theDesk();
  all.set(bytes);
  return thread;
}

/** The bytes of a memory that was blank, after some calls. */
export function bytesAfter(calls: (core: Core, words: Words) => void): Uint8Array {
  const { bytes, thread } = theDesk();
  bytes.fill(0);
  calls(thread.core, thread.words);
  return bytes.slice();
}

function theDesk(): Desk {
  desk ??= newDesk();
  return desk;
}

function newDesk(): Desk {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const words = new Int32Array(memory.buffer);
  const thread: Thread = {
    core: wasmCore(memory, embeddedModule(true)),
    store: (address, value) => void Atomics.store(words, address >> 2, value),
    load: (address) => Atomics.load(words, address >> 2) >>> 0,
    wait: () => {},
    words: wordsOf(memory.buffer, Atomics),
  };
  return { bytes: new Uint8Array(memory.buffer), thread };
}
