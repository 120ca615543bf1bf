/**
 * The example that writes its admin calls down, as a real process.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, expect, it } from 'vitest';

const SERVICE = join(import.meta.dirname, '../../examples/audit/service.js');
const folder = mkdtempSync(join(tmpdir(), 'tidegate-audit-'));
const env = {
  ...process.env,
  AUDIT_FILE: join(folder, 'audit.jsonl'),
  RECORD_FILE: join(folder, 'record'),
  DEPLOY_TOKEN: 'token-of-the-pipeline',
  OPS_TOKEN: 'token-of-the-operators',
};

interface Started {
  readonly child: ChildProcess;
  readonly said: Readonly<Record<'url' | 'probes' | 'outcome', string>>;
}

const children: ChildProcess[] = [];

async function start(): Promise<Started> {
  const child = spawn(process.execPath, [SERVICE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, said: JSON.parse(line) };
}

async function post(url: string, path: string, token?: string, body?: string): Promise<number> {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await fetch(`${url}/admin/${path}`, { method: 'POST', headers, body: body ?? null }))
    .status;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('has a line for each admin call, over the end of the process; and says how that ended', async () => {
  const { child, said } = await start();
  const exited = once(child, 'exit');
  expect(said.outcome).toBe('unknown');
  expect(await post(said.url, 'drain')).toBe(401);
  expect(await post(said.url, 'readonly', env.OPS_TOKEN, '{"enabled":true}')).toBe(200);
  expect(await post(said.probes, 'drain', env.DEPLOY_TOKEN)).toBe(200);
  expect(await post(said.url, 'shutdown', env.DEPLOY_TOKEN)).toBe(200);
  expect(await exited).toEqual([0, null]);

  const next = await start();
  expect(next.said.outcome).toBe('clean');
  expect(await post(next.said.url, 'drain', 'token-of-nobody')).toBe(401);

  const text = readFileSync(env.AUDIT_FILE, 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ by, path, status }) => [by, path, status])).toEqual([
    [null, '/admin/drain', 401],
    ['ops', '/admin/readonly', 200],
    ['deploy', '/admin/drain', 200],
    ['deploy', '/admin/shutdown', 202],
    ['deploy', '/admin/shutdown', 200],
    [null, '/admin/drain', 401],
  ]);
  for (const { at, from } of lines) {
    expect(new Date(at).toISOString()).toBe(at);
    expect(from).toBe('127.0.0.1');
  }
  for (const token of [env.DEPLOY_TOKEN, env.OPS_TOKEN, 'token-of'])
    expect(text).not.toContain(token);
});
