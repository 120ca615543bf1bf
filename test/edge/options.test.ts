/**
 * What a fleet, its client and its handler refuse, as a typed error, and when: at once if it can be
 * known, otherwise at the first event. Nothing here reaches an object.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import {
  Fleet,
  FleetClient,
  type FleetNamespace,
  type FleetOptions,
} from '../../src/cloudflare.ts';
import { Lifecycle, LifecycleError } from '../../src/index.ts';

const namespace: FleetNamespace = {
  idFromName: (name) => name,
  get: () => ({ fetch: () => Promise.reject(new Error('It is not to be reached')) }),
};
const right: FleetOptions = { namespace: () => namespace, deployment: () => 'one' };

function codeOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof LifecycleError) return error.code;
    throw error;
  }
}

const MILLISECONDS = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1000', null];

describe('a fleet', () => {
  it.each([
    undefined,
    null,
    1,
    'fleet',
    {},
    { ...right, namespace: namespace },
    { ...right, namespace: undefined },
    { ...right, deployment: 'one' },
    { ...right, clock: 0 },
    ...MILLISECONDS.map((cacheAgeMs) => ({ ...right, cacheAgeMs })),
    ...MILLISECONDS.map((timeoutMs) => ({ ...right, timeoutMs })),
  ])('is not made of %o', (options) => {
    expect(codeOf(() => new Fleet(options as never))).toBe('invalid_argument');
  });

  it.each([
    '',
    'd'.repeat(257),
    null,
    undefined,
    1,
    {},
    { id: '' },
    { id: 'one', timestamp: 'yesterday' },
    { id: 'one', timestamp: -1 },
    { id: 'one', timestamp: Number.NaN },
    { id: 'one', timestamp: null },
  ])('does not follow as the deployment %o', (deployment) => {
    const fleet = new Fleet({ ...right, deployment: () => deployment as never });
    expect(codeOf(() => fleet.follow(Lifecycle.create(), {}))).toBe('invalid_argument');
  });

  it.each([
    'one',
    { id: 'one' },
    { id: 'one', timestamp: '' },
    { id: 'one', timestamp: '2026-01-01T00:00:00Z' },
    { id: 'one', timestamp: 1_700_000_000_000 },
  ])('follows as the deployment %o', (deployment) => {
    const fleet = new Fleet({ ...right, deployment: () => deployment });
    const lifecycle = Lifecycle.create();
    expect(fleet.follow(lifecycle, {})).toBe(fleet.follow(lifecycle, {}));
  });

  it('says that its binding is missing', () => {
    const fleet = new Fleet({ ...right, namespace: () => undefined as never });
    expect(codeOf(() => fleet.follow(Lifecycle.create(), {}))).toBe('invalid_argument');
    expect(codeOf(() => fleet.client({}))).toBe('invalid_argument');
  });

  it('refuses an empty token, as createHandler does', () => {
    const fleet = new Fleet(right);
    const handler = (): unknown => fleet.handler(Lifecycle.create(), {}, { adminToken: '' });
    expect(codeOf(handler)).toBe('invalid_argument');
  });
});

describe('a client', () => {
  it.each([{ name: '' }, { name: 1 }, ...MILLISECONDS.map((timeoutMs) => ({ timeoutMs }))])(
    'is not made with %o',
    (options) => {
      const made = codeOf(() => new FleetClient(namespace, options as never));
      expect(made).toBe('invalid_argument');
    },
  );

  it.each(['', 1, null, 'd'.repeat(257)])('does not call for the deployment %o', async (wrong) => {
    const client = new FleetClient(namespace);
    for (const call of ['status', 'drain', 'shutdown'] as const) {
      await expect(client[call](wrong as never)).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
  });

  it('says that the object cannot be reached, and why', async () => {
    await expect(new FleetClient(namespace).drain()).rejects.toMatchObject({
      code: 'fleet_unreachable',
      cause: new Error('It is not to be reached'),
    });
  });
});
