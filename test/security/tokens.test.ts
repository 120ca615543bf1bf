/**
 * The token stays where it was put: no answer, no line of output and no process list has it or what
 * was shown in its place, and how long a comparison takes says nothing of it.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secret } from '../../src/http/authorization.ts';
import { DataFolder, RUNTIMES, Service } from '../examples/process.ts';

const TOKEN = 'correct-horse-battery-staple-7Q';
const GUESS = 'incorrect-horse-battery-staple-8R';

describe('the comparison', () => {
  /** Which characters of a guess are looked at, in order: the steps that take the time. */
  function steps(guess: string): number[] {
    const read: number[] = [];
    const spied = {
      length: guess.length,
      charCodeAt: (index: number) => {
        read.push(index);
        return guess.charCodeAt(index);
      },
    };
    // A string's own methods cannot be listened to; the comparison uses these two members.
    secret(TOKEN)(spied as unknown as string);
    return read;
  }

  it('takes the same steps wherever a guess goes wrong', () => {
    const all = Array.from(TOKEN, (_, index) => index);
    expect(steps(TOKEN)).toEqual(all);
    for (let at = 0; at < TOKEN.length; at++) {
      expect(steps(`${TOKEN.slice(0, at)}~${TOKEN.slice(at + 1)}`)).toEqual(all);
    }
  });

  it('takes as many steps as the guess is long, whatever the length of the token', () => {
    for (const length of [0, 1, TOKEN.length - 1, TOKEN.length + 1, 10 * TOKEN.length]) {
      expect(steps('x'.repeat(length))).toHaveLength(length);
    }
  });
});

/** All that a client sees of an answer. */
async function seen(response: Response): Promise<string> {
  return JSON.stringify([...response.headers]) + (await response.text());
}

const shows = (token: string): Record<string, string>[] => [
  { authorization: `Bearer ${token}` },
  { authorization: `Basic ${btoa(`admin:${token}`)}` },
  { authorization: token },
  { 'x-token': token, cookie: `token=${token}` },
];

/** What stands for a token somewhere: itself, or as Basic has it. */
const forms = (token: string): string[] => [token, btoa(`admin:${token}`), btoa(token)];

/** The arguments of every process of this machine, as anybody on it may read them. */
function commandLines(): string {
  const lines = readdirSync('/proc').map((entry) => {
    try {
      return /^\d+$/.test(entry) ? readFileSync(`/proc/${entry}/cmdline`, 'utf8') : '';
    } catch {
      return ''; // It ended meanwhile.
    }
  });
  return lines.join('\n');
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  const data = new DataFolder();
  let service: Service;
  let answers = '';

  beforeAll(async () => {
    service = await Service.start(runtime, data, { TIDEGATE_ADMIN_TOKEN: TOKEN });
  });

  afterAll(async () => {
    await service.kill();
    data.remove();
  });

  it('no answer has a token, right or wrong', async () => {
    const requests: [method: string, path: string, body?: string][] = [
      ['GET', '/admin/status'],
      ['POST', '/admin/status'],
      ['GET', '/metrics'],
      ['GET', '/health/ready'],
      ['GET', '/nowhere'],
      ['POST', '/admin/readonly', '{'],
      ['POST', '/admin/readonly', `{"enabled":"${GUESS}"}`],
      ['POST', '/admin/readonly', '{"enabled":false}'],
    ];
    for (const [method, path, body] of requests) {
      for (const headers of [...shows(TOKEN), ...shows(GUESS)]) {
        for (const accept of ['application/json', 'text/html']) {
          const init = { method, headers: { ...headers, accept }, ...(body && { body }) };
          answers += await seen(await fetch(service.url(path), init));
        }
      }
    }
    expect(answers).toContain('"phase":"ready"');
    for (const form of [...forms(TOKEN), ...forms(GUESS)]) {
      expect([form, answers.includes(form)]).toEqual([form, false]);
    }
  });

  // Linux has it as files; another system's `ps` shows the same words.
  it.skipIf(process.platform !== 'linux')('no process list has it', () => {
    const list = commandLines();
    expect(list).toContain('documents');
    for (const form of forms(TOKEN)) expect([form, list.includes(form)]).toEqual([form, false]);
  });

  it('no output has it, from the boot to the exit', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const refused = { authorization: `Bearer ${GUESS}` };
    await fetch(service.url('/admin/shutdown'), { method: 'POST', headers: refused });
    const report = await fetch(service.url('/admin/shutdown'), { method: 'POST', headers });
    expect(report.status).toBe(200);
    expect(await seen(report)).not.toContain(TOKEN);
    expect((await service.exit).code).toBe(0);
    expect(service.output).toContain('listening');
    for (const form of [...forms(TOKEN), ...forms(GUESS)]) {
      expect([form, service.output.includes(form)]).toEqual([form, false]);
    }
  });
});
