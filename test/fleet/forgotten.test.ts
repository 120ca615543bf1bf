/**
 * A store that forgets the end of what it has acknowledged, while one process has held the lease twice: what
 * comes back is the process's own, and old.
 */

import { describe, expect, it } from 'vitest';
import { type Lease, lease, type Store, type StoreEntry } from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';

const TTL_MS = 600;

/** One key, and who cannot reach it. */
class Memory {
  entry: StoreEntry = { value: null, version: 'first' };
  cut: string | undefined;
  #writes = 0;

  storeOf(who: string): Store {
    const reach = (): void => {
      if (this.cut === who) throw new Error('cut off');
    };
    return {
      pollMs: 20,
      read: async () => {
        reach();
        return this.entry;
      },
      swap: async (_key, version, value) => {
        reach();
        if (version !== this.entry.version) return null;
        this.#writes += 1;
        this.entry = { value, version: `write ${this.#writes}` };
        return this.entry.version;
      },
    };
  }
}

/** Resolves once the lease is in a state. */
function until(one: Lease, state: Lease['state']): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (one.state === state) resolve();
    };
    one.onChange(look);
    look();
  });
}

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

describe('a store that forgot', () => {
  it('gives no token twice, though it says that an older token of ours is held', async () => {
    const memory = new Memory();
    const [one, two] = [ready(), ready()];
    const a = await lease(one, { store: memory.storeOf('a'), name: 'x', ttlMs: TTL_MS });
    const permit = one.gate.tryEnter('write');
    const { token } = a;
    const kept = memory.entry;
    memory.cut = 'a';
    const b = await lease(two, { store: memory.storeOf('b'), name: 'x', ttlMs: TTL_MS });
    await until(b, 'held');
    const between = b.token ?? 0;
    expect(between).toBeGreaterThan(token ?? 0);
    await b.release();
    memory.cut = undefined;
    await until(a, 'held');
    const latest = a.token ?? 0;
    expect(latest).toBeGreaterThan(between);
    // The engine was restarted, and has what it had then.
    memory.entry = { value: kept.value, version: 'restarted', mayHaveForgotten: true };
    await until(a, 'waiting');
    await until(a, 'held');
    expect(a.token).toBeGreaterThan(latest);
    expect(permit?.token).toBeNull();
    permit?.release();
    await a.release();
    one.detach();
    two.detach();
  }, 60_000);
});
