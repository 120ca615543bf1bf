/**
 * The handler of a fleet, with an isolate's follower and the object of the fleet made by hand: its probes ask the
 * object first, wherever they are, and tell of it, whatever the application adds.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import type { FleetClient } from '../../src/cloudflare/client.ts';
import type { IsolateFollower } from '../../src/cloudflare/follower.ts';
import { createFleetHandler } from '../../src/cloudflare/handler.ts';
import type { HandlerOptions } from '../../src/http/index.ts';
import { Lifecycle, type LogEvent } from '../../src/index.ts';
import { noteStanding } from '../../src/lifecycle/fleet-calls.ts';
import { installLog } from '../../src/lifecycle/journal.ts';

function subject(options: HandlerOptions) {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const log: LogEvent[] = [];
  installLog(lifecycle, (event) => log.push(event));
  const asked: string[] = [];
  const standing = { reachable: true, phase: 'ready', deployment: 'one', age_ms: 0 } as const;
  noteStanding(lifecycle, () => standing);
  const follower = {
    before: async () => void asked.push('before'),
    refresh: async () => void asked.push('refresh'),
  } as unknown as IsolateFollower;
  const client = { drain: async () => ({ ok: true }) } as unknown as FleetClient;
  const handler = createFleetHandler(lifecycle, follower, client, options);
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await handler(new Request(`http://a${path}`, init));
    return answer?.status === 200 ? ((await answer.json()) as object) : answer?.status;
  };
  return { ask, asked, log };
}

describe('the handler of a fleet', () => {
  it('asks the object before its probes, at paths of its own, too, and before nothing else', async () => {
    const paths = { live: '/livez', ready: '/readyz' };
    const { ask, asked } = subject({ basePath: '/in', paths, openAdmin: true });
    const fleet = { fleet: { reachable: true } };
    expect(await ask('/in/readyz')).toMatchObject({ probe: 'ready', ...fleet });
    expect(await ask('/in/health/ready/write')).toMatchObject({ probe: 'ready/write', ...fleet });
    expect(await ask('/in/livez')).toMatchObject({ status: 'alive' });
    expect(asked).toEqual(['before', 'before', 'before']);
    expect(await ask('/in/health/ready')).toBeUndefined();
    expect(await ask('/in/admin/status')).toMatchObject({ phase: 'ready' });
    expect(asked).toHaveLength(3);
    expect(await ask('/in/fleet/drain', { method: 'POST' })).toEqual({ ok: true });
    expect(asked).toEqual(['before', 'before', 'before', 'refresh']);
  });

  it('tells of the fleet though the details of the application throw', async () => {
    const { ask, log } = subject({
      details: () => {
        throw new Error('planned');
      },
    });
    expect(await ask('/health/ready')).toMatchObject({ fleet: { reachable: true } });
    expect(log.map(({ type }) => type)).toEqual(['details_failed']);
  });
});
