/**
 * Checks of real processes, on Node, Deno and Bun: what they cost, what one that does wrong harms, and what the
 * probe thread says of them while the main loop is blocked.
 *
 * @module
 */

import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CheckSnapshot } from '../../src/index.ts';
import { bundle, Program, RUNTIMES } from './program.ts';

const SERVICE = join(import.meta.dirname, 'checks-service.ts');
const QUIET = join(import.meta.dirname, 'quiet-checks.ts');
const TOKEN = 'a-token-of-the-operator';
const PROBES = 10_000;
/** Requests written at once, each of which is answered before the next ones are written. */
const AT_ONCE = 500;

const started: Program[] = [];
beforeAll(() => {
  bundle(SERVICE);
  bundle(QUIET);
});
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

/** Asks that often over one connection; how many of the answers said that it is ready. */
function probe(port: number, times: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const request = 'GET /health/ready HTTP/1.1\r\nhost: a\r\n\r\n';
    let asked = 0;
    let answered = 0;
    let rest = '';
    const ask = (): void => {
      asked += AT_ONCE;
      socket.write(request.repeat(AT_ONCE));
    };
    socket.setEncoding('latin1').on('data', (text: string) => {
      const parts = (rest + text).split('"status":"ready"');
      answered += parts.length - 1;
      // What may be the beginning of another.
      rest = (parts.at(-1) ?? '').slice(-20);
      if (answered === times) socket.end(() => resolve(answered));
      else if (answered === asked) ask();
    });
    socket.on('error', reject).on('close', () => resolve(answered));
    ask();
  });
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('10,000 probes cost no run, and one that does wrong harms nothing but itself', async () => {
    const program = await Program.start(runtime, { adminToken: TOKEN }, SERVICE);
    started.push(program);
    expect(program.all('refused')).toMatchObject([{ code: 'invalid_argument' }]);
    expect(await probe(program.port, PROBES)).toBe(PROBES);
    const url = `http://127.0.0.1:${(await program.heard('listening')).probes}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    await fetch(`${url}/admin/drain`, { method: 'POST', headers });
    const told = await program.heard('told');
    expect(told.runs).toBe(1);

    // The main loop is blocked from here on.
    const live = await fetch(`${url}/health/live`);
    expect([live.status, ((await live.json()) as { status: string }).status]).toEqual([
      200,
      'alive',
    ]);
    const ready = (await (await fetch(`${url}/health/ready`)).json()) as { checks: unknown };
    const affects = 'nothing';
    const since_secs = expect.any(Number);
    const error = 'timed out after 20 ms';
    expect(ready.checks).toEqual([
      { name: 'well', healthy: true, affects: 'ready', since_secs },
      { name: 'hangs', healthy: false, affects, since_secs, error },
      { name: 'throws', healthy: false, affects, since_secs, error: 'at once' },
      { name: 'rejects late', healthy: false, affects, since_secs, error },
      { name: 'blocks', healthy: false, affects, since_secs, error },
    ]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('tidegate_check{check="well"} 1\n');
    expect(metrics).toContain('tidegate_check{check="rejects late"} 0\n');
    const status = (await (await fetch(`${url}/admin/status`, { headers })).json()) as {
      checks: { name: string; since_ms: number }[];
    };
    const before = told.checks as CheckSnapshot[];
    for (const [index, { name, since_ms }] of status.checks.entries()) {
      expect(before[index]?.name).toBe(name);
      // Its clocks agree to some 20 milliseconds on when that was; the age goes on.
      expect(since_ms).toBeGreaterThanOrEqual((before[index]?.sinceMs ?? Infinity) - 20);
    }
    expect(program.all('unblocked')).toEqual([]);
    await fetch(`${url}/admin/shutdown`, { method: 'POST', headers });
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.stderr).toBe('');
  });

  it('checks keep no process alive', async () => {
    const program = await Program.start(runtime, {}, QUIET);
    started.push(program);
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });
});
