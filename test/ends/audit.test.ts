/**
 * The audit over sockets: from where it was asked, on the service's port and on that of the probe thread,
 * also while the main loop is blocked. Real processes.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { RUNTIMES } from '../runtime/program.ts';
import { bundleAll, killAfterEach, names, start } from './start.ts';

const TOKEN = 'a-token-of-the-operators';
const headers = { authorization: `Bearer ${TOKEN}` };

beforeAll(bundleAll);
killAfterEach();

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('it is called with who asked, and from where, before the process ends', async () => {
    const program = await start(runtime, { opsToken: TOKEN, probes: true });
    const { probes } = await program.heard('listening');
    const own = `http://127.0.0.1:${program.port}`;
    const statuses = [];
    for (const url of [own, String(probes)]) {
      statuses.push((await fetch(`${url}/admin/drain`, { method: 'POST' })).status);
      statuses.push((await fetch(`${url}/admin/drain`, { method: 'POST', headers })).status);
    }
    statuses.push((await fetch(`${own}/admin/shutdown`, { method: 'POST', headers })).status);
    expect(statuses).toEqual([401, 200, 401, 200, 200]);
    expect(await program.exit).toMatchObject({ code: 0 });
    const told = program.all('audit');
    expect(told.map(({ by, path, status }) => [by, path, status])).toEqual([
      [null, '/admin/drain', 401],
      ['ops', '/admin/drain', 200],
      [null, '/admin/drain', 401],
      ['ops', '/admin/drain', 200],
      ['ops', '/admin/shutdown', 202],
      ['ops', '/admin/shutdown', 200],
    ]);
    for (const { from } of told) expect(from).toBe('127.0.0.1');
    expect(JSON.stringify(program.events)).not.toContain(TOKEN);
    expect(program.stderr).toBe('');
  });

  it('what nobody heard of when the probe thread kills the process is on stderr', async () => {
    const steps = [{ name: 'stuck', blockMs: 60_000 }];
    const program = await start(runtime, { opsToken: TOKEN, probes: true, steps, budgetMs: 500 });
    const { probes } = await program.heard('listening');
    program.signal('SIGTERM');
    await program.heard('step');
    const asked = await fetch(`${probes}/admin/shutdown`, { method: 'POST', headers });
    expect(asked.status).toBe(202);
    await program.exit;
    expect(names(program, 'audit')).toEqual([]);
    const [, line = '{}'] = /^tidegate: audit: (.+)$/m.exec(program.stderr) ?? [];
    expect(JSON.parse(line)).toMatchObject({
      by: 'ops',
      from: '127.0.0.1',
      path: '/admin/shutdown',
      status: 202,
    });
    expect(program.stderr).not.toContain(TOKEN);
  });
});
