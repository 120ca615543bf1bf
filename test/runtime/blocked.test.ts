/**
 * Admin calls to the probe thread of a real process whose main loop is blocked, on Node, Deno and Bun: they
 * are answered meanwhile, and the shutdown goes on when the loop does.
 *
 * @module
 */

import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program, RUNTIMES } from './program.ts';

const SERVICE = join(import.meta.dirname, 'blocked-service.ts');
const TOKEN = 'a-token-of-the-operator';

const started: Program[] = [];
beforeAll(() => bundle(SERVICE));
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('drain, read-only and shutdown are answered while the loop is blocked', async () => {
    const program = await Program.start(runtime, { adminToken: TOKEN }, SERVICE);
    started.push(program);
    const url = `http://127.0.0.1:${program.port}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    const post = async (name: string, body: string | null = null): Promise<unknown> => {
      const answer = await fetch(`${url}/admin/${name}`, { method: 'POST', headers, body });
      return [answer.status, await answer.json()];
    };
    expect(await post('readonly', '{"enabled":true}')).toEqual([
      200,
      { ok: true, read_only: true, changed: true },
    ]);
    expect(await post('drain')).toEqual([200, { ok: true, phase: 'draining' }]);
    const status = await fetch(`${url}/admin/status`, { headers });
    expect(await status.json()).toMatchObject({ phase: 'draining', holds: ['read_only'] });
    // All of that while the loop is blocked: only the shutdown ends it.
    expect(program.all('unblocked')).toEqual([]);
    expect(await post('shutdown')).toEqual([
      202,
      { ok: true, accepted: true, phase: expect.stringMatching(/^(draining|shutting_down)$/) },
    ]);
    expect(await program.heard('unblocked')).toMatchObject({ holds: ['read_only'] });
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.all('flushed')).toHaveLength(1);
    expect(program.stderr).toBe('');
  });
});
