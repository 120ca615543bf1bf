/**
 * Memory: how it is made, and what is not taken for a lifecycle's.
 *
 * @module
 */

import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { AT_MAGIC, AT_MEMBER_CAPACITY, AT_VERSION, MAGIC, VERSION } from '../../assembly/layout.ts';
import { embeddedModule } from '../../src/core/embedded.ts';
import { adopt, allocate, MEMORY_BYTES, whyNotShared } from '../../src/core/memory.ts';
import { wasmCore } from '../../src/core/wasm.ts';

function lifecycleMemory(): WebAssembly.Memory {
  const { wasm } = allocate(true);
  if (wasm === undefined) throw new Error('There is no WebAssembly here');
  wasmCore(wasm, embeddedModule(true)).create(1, 127, 32, 8, 32);
  return wasm;
}

describe('allocate()', () => {
  it.each([true, false])('gives two zeroed pages, shared: %s', (isShared) => {
    const { buffer, wasm, shared } = allocate(isShared);
    expect([buffer.byteLength, shared]).toEqual([MEMORY_BYTES, isShared]);
    expect(buffer instanceof SharedArrayBuffer).toBe(isShared);
    expect(new Uint8Array(buffer).some((byte) => byte !== 0)).toBe(false);
    expect(() => wasm?.grow(1)).toThrow(RangeError);
  });
});

describe('adopt()', () => {
  it('takes the memory of a lifecycle, and its bare buffer', () => {
    const memory = lifecycleMemory();
    expect(adopt(memory)).toEqual({ buffer: memory.buffer, wasm: memory, shared: true });
    expect(adopt(memory.buffer)).toEqual({ buffer: memory.buffer, wasm: undefined, shared: true });
  });

  it('takes memory that comes from another realm, as what a thread posts does under Jest', () => {
    const code = 'new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true })';
    const memory = runInNewContext(code) as WebAssembly.Memory;
    expect([
      memory instanceof WebAssembly.Memory,
      memory.buffer instanceof SharedArrayBuffer,
    ]).toEqual([false, false]);
    const { create } = wasmCore(memory, embeddedModule(true));
    create(1, 127, 32, 8, 32);
    expect(adopt(memory)).toMatchObject({ wasm: memory, shared: true });
    expect(adopt(memory.buffer)).toMatchObject({ wasm: undefined, shared: true });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 196_608],
    ['a plain object', { buffer: new SharedArrayBuffer(196_608) }],
    ['the name of one', { [Symbol.toStringTag]: 'SharedArrayBuffer', byteLength: 196_608 }],
    ['an ArrayBuffer', new ArrayBuffer(196_608)],
    ['a blank SharedArrayBuffer', new SharedArrayBuffer(196_608)],
    ['a SharedArrayBuffer of another size', new SharedArrayBuffer(65_536)],
    ['unshared memory', new WebAssembly.Memory({ initial: 3, maximum: 3 })],
    ['blank memory', new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true })],
    ['memory of two pages', new WebAssembly.Memory({ initial: 2, maximum: 3, shared: true })],
  ])('does not take %s', (_, value) => {
    expect(adopt(value)).toBe('not_tidegate');
  });

  it('says that memory of another size is of another version, as that of two pages is', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
    const words = new Int32Array(memory.buffer);
    words.set([MAGIC, VERSION - 1, 127, 32, 8]);
    expect(adopt(memory)).toBe('layout_version');
    words[AT_VERSION >> 2] = VERSION;
    expect(adopt(memory)).toBe('not_tidegate');
  });

  it.each([
    ['another magic', AT_MAGIC, 7, 'not_tidegate'],
    ['another version', AT_VERSION, 99, 'layout_version'],
    ['no members', AT_MEMBER_CAPACITY, 0, 'not_tidegate'],
    ['more members than there is room for', AT_MEMBER_CAPACITY, 128, 'not_tidegate'],
  ])('does not take a header with %s', (_, at, value, refusal) => {
    const memory = lifecycleMemory();
    new Int32Array(memory.buffer)[at >> 2] = value;
    expect(adopt(memory)).toBe(refusal);
  });
});

describe('whyNotShared()', () => {
  it('has nothing to say on servers, and names what a page that is not isolated lacks', () => {
    expect(whyNotShared()).toBeUndefined();
    const scope = globalThis as { crossOriginIsolated?: boolean };
    scope.crossOriginIsolated = false;
    try {
      expect(whyNotShared()).toBe('this page is not cross-origin isolated');
    } finally {
      delete scope.crossOriginIsolated;
    }
  });
});
