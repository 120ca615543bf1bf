/**
 * The certificate of the memory model: which accesses to shared bytes there are, in the binary that
 * ships, in its twin, and in the rest of the sources. docs/proof.md says what follows from it.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { LEASE_CAPACITY, LEASE_NAME_BYTES } from '../../assembly/layout.ts';
import { wordsOf } from '../../src/core/atomics/words.ts';
import { atomicsCore } from '../../src/core/atomics.ts';
import type { Core } from '../../src/core/core.ts';
import { coreBytes } from '../../src/core/embedded.ts';
import { LeaseCells } from '../../src/core/lease-cells.ts';
import { MEMORY_BYTES } from '../../src/core/memory.ts';
import { Staging } from '../../src/lifecycle/staging.ts';
import { CAPACITIES, Caller, perform } from '../core/calls.ts';
import { traced } from '../core/trace.ts';
import { instrument } from '../loom/instrument.ts';
import { WORDS, widths } from './words.ts';

const source = (path: string): string => readFileSync(path, 'utf8');
/** Without comments: what they say is no access. */
const code = (path: string): string => source(path).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');

describe('the binary', () => {
  const text = binaryen.readBinary(coreBytes(true)).emitText();

  it('accesses memory by whole words and sequentially consistent instructions only', () => {
    // Anything else is refused: plain access, parts of words, bulk memory, growth.
    const { sites } = instrument(coreBytes(true));
    const mentioned = text.match(/\((?:i32|i64|memory)\.atomic\.\S*/g) ?? [];
    expect(sites).toHaveLength(mentioned.length);
    expect(sites.length).toBeGreaterThan(100);
  });

  it('has no weaker ordering, and no fence that would hint at one', () => {
    // What the text format calls the orderings of shared-everything-threads; none is the default.
    expect(text).not.toMatch(/acqrel|seqcst|atomic\.fence|\(struct\.|\(array\./);
  });
});

describe('the twin', () => {
  const WORDS_FILE = 'src/core/atomics/words.ts';
  const OPERATIONS = ['load', 'store', 'add', 'or', 'and', 'compareExchange', 'notify', 'wait'];

  it('touches the buffer through the operations of Atomics only, over words of 32 and 64 bits', () => {
    const text = code(WORDS_FILE);
    expect(text).toContain(`const { ${OPERATIONS.join(', ')} } = atomics;`);
    const views = [...text.matchAll(/const (\w+) = new (\w+)\(buffer\)/g)].map(([, name, view]) => [
      name,
      view,
    ]);
    expect(views).toEqual([
      ['words32', 'Int32Array'],
      ['words64', 'BigInt64Array'],
    ]);
    // Each other mention of a view is the first argument of an operation.
    const uses = [...text.matchAll(/([\w.]*\(?)\s*\bwords(?:32|64)\b(?! =)/g)].map(
      ([, use]) => use,
    );
    expect(uses.length).toBeGreaterThan(10);
    expect(uses.filter((use) => !OPERATIONS.some((each) => use === `${each}(`))).toEqual([]);
    expect(text.match(/\bbuffer\b/g)).toHaveLength(3 + 'pair.buffer'.split(' ').length * 2);
  });

  it('names neither the buffer nor a view anywhere else', () => {
    for (const name of readdirSync('src/core/atomics')) {
      if (name === 'words.ts') continue;
      const text = code(join('src/core/atomics', name));
      expect(text, name).not.toMatch(/\bbuffer\b|Array\(|DataView|Atomics\./);
    }
  });
});

describe('the sources above', () => {
  /** Who has the memory in hand, and every view that it makes of it. */
  const VIEWS: Readonly<Record<string, readonly string[]>> = {
    'src/core/memory.ts': ['new Int32Array(buffer, 0, HEADER_BYTES / 4)'],
    'src/lifecycle/seat.ts': ['new Int32Array(buffer)'],
    'src/lifecycle/staging.ts': ['new Int32Array(this.#buffer, this.#address()'],
    'src/lifecycle/wakeups.ts': ['new Int32Array(shared)'],
  };

  it('make views of the memory in four places, of words of 32 bits', () => {
    const found: Record<string, string[]> = {};
    for (const folder of ['src/core', 'src/lifecycle']) {
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.ts'))) {
        const path = join(folder, name);
        const made = code(path).match(
          /new (?:DataView|\w+Array)\((?:this\.#buffer|buffer|shared|memory\.buffer)\b[^;\n]*?\)(?=[,;)\s])/g,
        );
        if (made !== null) found[path] = [...made];
      }
    }
    expect(found).toEqual(VIEWS);
  });

  it('read and write them by Atomics only', () => {
    for (const path of Object.keys(VIEWS)) {
      const text = code(path);
      // An element of a view that is named words, or a method of it, would be a plain access.
      expect(text, path).not.toMatch(
        /\b(?:#?words|place)(?:\[|\.(?:set|fill|slice|subarray|at|copyWithin)\()/,
      );
      expect(text, path).toMatch(/Atomics/);
    }
  });

  it('have the memory in no other layer, but to hand it to the thread that watches leases', () => {
    const others = [
      'http',
      'runtime',
      'probes',
      'cli',
      'auto',
      'compose',
      'fleet',
      'opentelemetry',
    ];
    for (const folder of others) {
      for (const entry of readdirSync(join('src', folder), { recursive: true })) {
        const path = join('src', folder, String(entry));
        // What is generated is made of the others.
        if (!path.endsWith('.ts') || path.endsWith('-source.ts')) continue;
        if (path.startsWith('src/fleet/watcher')) continue;
        expect(code(path), path).not.toMatch(/Atomics\.|\bseat\.memory\b|SharedArrayBuffer/);
      }
    }
  });
});

describe('the thread that watches leases', () => {
  it('uses the memory through the operations of the twin, and Atomics for its own words', () => {
    const text = ['watcher', 'watcher-thread', 'watcher-words']
      .map((file) => code(`src/fleet/${file}.ts`))
      .join('');
    expect(text).toContain('new LeaseCells(wordsOf(memory, Atomics))');
    const views = [...text.matchAll(/new \w+Array\([^)]*/g)].map(([view]) => view);
    expect(views.every((view) => !/memory|buffer/.test(view))).toBe(true);
    const own = [...text.matchAll(/Atomics\.\w+\(([\w.#]+)/g)].map(([, first]) => first);
    expect(new Set(own)).toEqual(new Set(['this.#control', 'words']));
  });
});

describe('the words', () => {
  it('do not overlap, are aligned, and are inside the memory', () => {
    const found = widths();
    expect(found.size).toBeGreaterThan(10_000);
    const wrong = [...found].filter(
      ([address, { width }]) => address % width !== 0 || address + width > MEMORY_BYTES,
    );
    expect(wrong).toEqual([]);
  });

  it('have one width each, in the binary, in the twin and where texts are staged', () => {
    const known = widths();
    const wrong = new Set<string>();
    const seen = new Set<string>();
    const told = (address: number, width: number): void => {
      const word = known.get(address);
      if (word?.width === width) seen.add(word.name);
      else wrong.add(`${width} bytes at 0x${address.toString(16)}, ${word?.name}`);
    };
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
    const counting = countingAtomics(told);
    const cores: readonly Core[] = [traced(memory, told), atomicsCore(memory.buffer, counting)];
    for (const core of cores) {
      for (let seed = 0; seed < 20; seed++) play(core, memory, seed);
    }
    playLeases(new LeaseCells(wordsOf(memory.buffer, counting)));
    expect([...wrong]).toEqual([]);
    // All of them, or the table says more than was looked at.
    expect([...seen].sort()).toEqual(WORDS.map(({ name }) => name).sort());
  });

  it('are those of the table in docs/proof.md', () => {
    const rows = [...source('docs/proof.md').matchAll(/^\| (.+?) +\| (32|64) +\|/gm)].map(
      ([, name, bits]) => [name, Number(bits)],
    );
    expect(rows).toEqual(WORDS.map(({ name, bits }) => [name, bits]));
  });
});

describe('the staging place', () => {
  it('is asked for at every use, so that a text is never written where the last one is published', () => {
    const buffer = new SharedArrayBuffer(1_024);
    let address = 0;
    const staging = new Staging(buffer, () => address);
    staging.put('first', 16);
    address = 256;
    staging.put('second', 16);
    staging.putWord(16, 7);
    staging.putNumber(20, 1.5);
    const text = (at: number, length: number): string =>
      new TextDecoder().decode(new Uint8Array(buffer, at, length).slice());
    expect([text(0, 5), text(256, 6)]).toEqual(['first', 'second']);
    const numbers = staging.numbers();
    expect([numbers.getUint32(16, true), numbers.getFloat64(20, true)]).toEqual([7, 1.5]);
    address = 0;
    expect(staging.get(5)).toBe('first');
  });
});

function play(core: Core, memory: WebAssembly.Memory, seed: number): void {
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0);
  const { members, stages, reports, checks } = CAPACITIES;
  core.create(1_000, members, stages, reports, checks);
  const caller = new Caller(seed);
  for (let index = 0; index < 500; index++) {
    const call = caller.next();
    caller.told(call, perform(core, bytes, call));
  }
}

/** Every name and every call, of leases. */
function playLeases(cells: LeaseCells): void {
  const member = { number: 0, incarnation: 1 };
  for (let index = 0; index < LEASE_CAPACITY; index++) {
    const name = new TextEncoder().encode(`${index}`.padEnd(LEASE_NAME_BYTES, 'x'));
    const cell = cells.claim(member, name, () => true);
    cells.hold(cell, member, 7n, 1_000n);
    cells.read(cell);
  }
  cells.expire(member, 2_000n);
  cells.orphan(member);
}

/** The operations as they are, telling where. */
function countingAtomics(told: (address: number, width: number) => void): typeof Atomics {
  const operation =
    (name: 'load' | 'store' | 'add' | 'or' | 'and' | 'compareExchange' | 'notify' | 'wait') =>
    (words: Int32Array | BigInt64Array, index: number, ...rest: readonly unknown[]): unknown => {
      told(index * words.BYTES_PER_ELEMENT, words.BYTES_PER_ELEMENT);
      // The overloads of Atomics by the kind of array; each call keeps to the one it is given.
      const run = Atomics[name] as unknown as (...all: readonly unknown[]) => unknown;
      return run(words, index, ...rest);
    };
  const { load, store, add, or, and, compareExchange, notify, wait } = {
    load: operation('load'),
    store: operation('store'),
    add: operation('add'),
    or: operation('or'),
    and: operation('and'),
    compareExchange: operation('compareExchange'),
    notify: operation('notify'),
    wait: operation('wait'),
  };
  return { load, store, add, or, and, compareExchange, notify, wait } as unknown as typeof Atomics;
}
