/**
 * What the built binary may not have: imports but the memory, data segments, mutable globals,
 * allocation, plain access to the shared bytes, a word at two widths. Read from the bytes that
 * ship, and from what they do.
 *
 * @module
 */

import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { atomicsCore } from '../../src/core/atomics.ts';
import type { Core } from '../../src/core/core.ts';
import { coreBytes, embeddedModule } from '../../src/core/embedded.ts';
import { wasmCore } from '../../src/core/wasm.ts';
import { CAPACITIES, Caller, perform } from './calls.ts';
import { traced } from './trace.ts';

const text = binaryen.readBinary(coreBytes(true)).emitText();
const lines = text.split('\n').map((line) => line.trim());

const starting = (...heads: readonly string[]): string[] =>
  lines.filter((line) => heads.some((head) => line.startsWith(`(${head}`)));

describe('the binary', () => {
  it('imports the shared memory and nothing else', () => {
    expect(starting('import')).toEqual([
      expect.stringMatching(/^\(import "env" "memory" \(memory \S+ 3 3 shared\)\)$/),
    ]);
  });

  it('has no data, no global, no table, no start function', () => {
    expect(starting('data', 'global', 'table', 'elem', 'start')).toEqual([]);
  });

  it('does not allocate, copy or fill memory', () => {
    expect(starting('memory.grow', 'memory.copy', 'memory.fill', 'memory.init')).toEqual([]);
  });

  it('touches memory by atomic operations only', () => {
    const accesses = lines.flatMap(
      (line) => line.match(/\b[if](?:32|64)\.\w*(?:load|store)\w*/g) ?? [],
    );
    expect(accesses.filter((access) => !access.includes('atomic'))).toEqual([]);
    const atomics = lines.filter((line) => /\.atomic\./.test(line));
    expect(atomics.length).toBeGreaterThan(50);
  });

  it('is one artefact for both kinds of memory, but for one byte', () => {
    const [shared, unshared] = [coreBytes(true), coreBytes(false)];
    const changed = [...shared.keys()].filter((at) => shared[at] !== unshared[at]);
    expect(changed).toHaveLength(1);
    for (const isShared of [true, false]) {
      const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: isShared });
      expect(wasmCore(memory, embeddedModule(isShared)).phase()).toBe(0);
      expect(() => wasmCore(memory, embeddedModule(!isShared))).toThrow(WebAssembly.LinkError);
    }
  });

  it('exports the functions of the atomics backend, each with as many parameters', () => {
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
    const shape = (core: Core): [string, number][] =>
      Object.entries(core)
        .filter(([, each]) => typeof each === 'function')
        .map(([name, each]): [string, number] => [name, (each as () => void).length])
        .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(shape(wasmCore(memory, embeddedModule(true)))).toEqual(
      shape(atomicsCore(memory.buffer)),
    );
  });

  it('accesses each word at one width, aligned, and inside its memory', () => {
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
    const widths = new Map<number, number>();
    const wrong: string[] = [];
    const core = traced(memory, (address, width) => {
      if (address % width !== 0 || address + width > memory.buffer.byteLength) {
        wrong.push(`${width} bytes at ${address.toString(16)}`);
      }
      for (let at = address; at < address + width; at += 4) {
        const before = widths.get(at) ?? width;
        if (before !== width) wrong.push(`${width} and ${before} bytes at ${at.toString(16)}`);
        widths.set(at, width);
      }
    });
    for (let seed = 0; seed < 40; seed++) {
      const bytes = new Uint8Array(memory.buffer);
      bytes.fill(0);
      core.create(
        1_000,
        CAPACITIES.members,
        CAPACITIES.stages,
        CAPACITIES.reports,
        CAPACITIES.checks,
      );
      const caller = new Caller(seed);
      for (let index = 0; index < 500; index++) {
        const call = caller.next();
        caller.told(call, perform(core, bytes, call));
      }
    }
    expect(wrong).toEqual([]);
    expect(widths.size).toBeGreaterThan(500);
  });
});
