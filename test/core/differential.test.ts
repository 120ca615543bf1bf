/**
 * The two backends against each other: the same calls give equal results and equal bytes after
 * every call, and so do calls that go to one and the other in turn on one memory.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { atomicsCore } from '../../src/core/atomics.ts';
import type { Core } from '../../src/core/core.ts';
import { embeddedModule } from '../../src/core/embedded.ts';
import { allocate, type CoreMemory } from '../../src/core/memory.ts';
import { wasmCore } from '../../src/core/wasm.ts';
import { CAPACITIES, type Call, Caller, perform, randomOf } from './calls.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
const GAMES = 60;
const CALLS = 500;

/** A memory and the cores over it, of which one is called. */
interface Side {
  readonly bytes: Uint8Array;
  core(): Core;
}

describe.each([
  ['shared', true],
  ['unshared', false],
])('on %s memory', (_, isShared) => {
  it('wasm and atomics are the same', () => {
    expect(play(() => [sideOf(['wasm'], isShared), sideOf(['atomics'], isShared)])).toBe(undefined);
  });

  it('both in turn on one memory are the same as one', () => {
    expect(
      play((seed) => [sideOf(['wasm', 'atomics'], isShared, seed), sideOf(['atomics'], isShared)]),
    ).toBe(undefined);
  });
});

it('every function is called, and most of them come to more than one result', () => {
  const results = new Map<string, Set<string>>();
  for (let game = 0; game < GAMES; game++) {
    const side = sideOf(['wasm'], true);
    // The same seeds each time: what is judged here is how the calls are made up, not the backends.
    const caller = new Caller(game);
    for (let index = 0; index < CALLS; index++) {
      const call = caller.next();
      const result = outcome(side, call);
      caller.told(call, result);
      results.set(call.name, (results.get(call.name) ?? new Set()).add(String(result)));
    }
  }
  const side = sideOf(['wasm'], true);
  const functions = Object.entries(side.core()).filter(([, each]) => typeof each === 'function');
  expect([...results.keys()].sort()).toEqual(functions.map(([name]) => name).sort());
  const varied = [...results].filter(([, found]) => found.size > 1).map(([name]) => name);
  // Those that return nothing, and the wait that never waits, have one result by nature.
  expect(varied.length).toBeGreaterThanOrEqual(functions.length - 11);
});

/** Plays games until the two sides differ, and then says where; the seed replays it. */
function play(sidesOf: (seed: number) => readonly [Side, Side]): string | undefined {
  for (let game = 0; game < GAMES; game++) {
    const seed = SEED + game;
    const [left, right] = sidesOf(seed);
    const caller = new Caller(seed);
    for (let index = 0; index < CALLS; index++) {
      const call = caller.next();
      const results = [left, right].map((side) => outcome(side, call));
      caller.told(call, results[0]);
      const at = difference(left.bytes, right.bytes);
      if (!Object.is(results[0], results[1]) || at !== undefined) {
        return `TEST_SEED=${seed}, call ${index}: ${call.name}(${call.args.join(', ')}) gave ${results.join(' and ')}; bytes differ at ${at?.toString(16)}`;
      }
    }
  }
  return undefined;
}

/** A wait on memory that is not shared traps in one backend and throws in the other. */
function outcome({ core, bytes }: Side, call: Call): unknown {
  try {
    return perform(core(), bytes, call);
  } catch (error) {
    if (call.name === 'waitEpoch') return 'may not wait';
    throw error;
  }
}

function sideOf(backends: readonly ('wasm' | 'atomics')[], isShared: boolean, seed = 0): Side {
  const memory = allocate(isShared);
  const cores = backends.map((backend) => open(backend, memory));
  const random = randomOf(seed);
  const bytes = new Uint8Array(memory.buffer);
  cores[0]?.create(
    1_000,
    CAPACITIES.members,
    CAPACITIES.stages,
    CAPACITIES.reports,
    CAPACITIES.checks,
  );
  return {
    bytes,
    core: () => cores[Math.floor(random() * cores.length)] as Core,
  };
}

function open(backend: 'wasm' | 'atomics', memory: CoreMemory): Core {
  if (backend === 'atomics') return atomicsCore(memory.buffer);
  if (memory.wasm === undefined) throw new Error('There is no WebAssembly here');
  return wasmCore(memory.wasm, embeddedModule(memory.shared));
}

/** The offset of the first word that differs. */
function difference(left: Uint8Array, right: Uint8Array): number | undefined {
  const ours = new Int32Array(left.buffer);
  const theirs = new Int32Array(right.buffer);
  for (let word = 0; word < ours.length; word++) {
    if (ours[word] !== theirs[word]) return word * 4;
  }
  return undefined;
}
