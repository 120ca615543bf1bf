/**
 * The unit of `examples/deploy`, read by systemd's own checker, and its command run with what
 * systemd gives it: the environment of the unit and a socket that hears the messages. Nothing here
 * is booted by systemd, which no container is; that it restarts and kills is not tested.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { environmentOf, FILES, only, unitOf } from './files.ts';
import { Layout, missing, Running } from './process.ts';

const NAME = 'tidegate-example.service';
const TEXT = FILES[NAME];
const DENO = join(import.meta.dirname, '../../node_modules/.bin/deno');
const why = missing('systemd-analyze', 'systemd') ?? missing('systemd-notify', 'systemd');
/** Heartbeats are a third of it apart. */
const WATCHDOG_MS = 900;

/** One mistake each, and what the checker says of it. */
const MISTAKES: readonly [name: string, from: string, to: string, said: RegExp][] = [
  ['an unknown directive', 'KillMode=', 'KilMode=', /Unknown key.*KilMode/],
  ['a directive of another section', 'WatchdogSec=15', 'WantedBy=x', /Unknown key.*WantedBy/],
  ['a time that is none', 'TimeoutStopSec=25', 'TimeoutStopSec=soon', /parse.*soon/],
  ['a value of no list', 'Type=notify', 'Type=notified', /parse.*notified/],
  ['a program that is not there', 'ExecStart=/', 'ExecStart=/no', /not executable/],
];

let layout: Layout;
const started: Running[] = [];

beforeAll(async () => {
  layout = await Layout.make();
});
afterEach(async () => {
  for (const program of started.splice(0)) await program.stop();
});
afterAll(() => layout.remove());

/** What the checker says of the unit, and not of the others of this machine. */
function verify(text: string): string[] {
  const units = join(layout.path, 'units');
  mkdirSync(units, { recursive: true });
  const unit = join(units, NAME);
  // Where Node is installed is up to the machine.
  writeFileSync(unit, text.replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`));
  const args = ['verify', '--man=no', '--recursive-errors=no', unit];
  const { status, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  // It exits with 0 although it ignores what it does not know.
  const said = stderr.split('\n').filter((line) => line.includes(NAME));
  return status === 0 ? said : [...said, `exit code ${status}: ${stderr}`];
}

function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const program = new Running(words, layout.path, env);
  started.push(program);
  return program;
}

/** The command of the unit, and the socket that hears what it says. */
async function startBoth(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly service: Running; readonly heard: Running }> {
  const socket = join(layout.path, name);
  const receiver = join(import.meta.dirname, 'receiver.js');
  const heard = start([DENO, 'run', '-A', '--no-lock', '--unstable-net', receiver, socket]);
  await heard.said(/^listening$/m);
  const [, ...args] = only(unitOf(TEXT), 'ExecStart').split(' ');
  const service = start([process.execPath, ...args], {
    ...environmentOf(TEXT),
    DATA_FILE: join(layout.path, `${name}.json`),
    HOST: '127.0.0.1',
    PORT: '0',
    PROBE_PORT: '0',
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: String(WATCHDOG_MS * 1_000),
    // Nobody asks, as behind a load balancer that is gone: the time has to end the pre-drain.
    PRE_DRAIN_MS: '500',
    ...env,
  });
  return { service, heard };
}

describe.skipIf(why !== undefined)(`under systemd${why === undefined ? '' : ` (${why})`}`, () => {
  it('the unit is accepted without a word', () => {
    expect(verify(TEXT)).toEqual([]);
  });

  it('the unit waits for messages, and takes them from a child', () => {
    const unit = unitOf(TEXT);
    expect([only(unit, 'Type'), only(unit, 'NotifyAccess')]).toEqual(['notify', 'all']);
  });

  it.each(MISTAKES)('%s is found', (_name, from, to, said) => {
    expect(TEXT).toContain(from);
    expect(verify(TEXT.replace(from, to)).join('\n')).toMatch(said);
  });

  it('the service says when it is ready, that its loop turns, and that it stops', async () => {
    const { service, heard } = await startBoth('all');
    await heard.said(/^"READY=1\\nSTATUS=ready"$/m);
    expect(service.output).toMatch(/listening on/);
    await heard.said(/^"WATCHDOG=1"$[\s\S]*^"WATCHDOG=1"$/m);
    expect(heard.output).not.toContain('STOPPING');

    service.signal('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
    await heard.said(/^"STOPPING=1\\nSTATUS=draining"$/m);
    expect(heard.output.match(/READY=1/g)).toHaveLength(1);
    expect(heard.output.match(/STOPPING=1/g)).toHaveLength(1);
    expect(heard.output.indexOf('READY')).toBeLessThan(heard.output.indexOf('STOPPING'));
    expect(service.output).not.toContain('Cannot tell systemd');
  });

  it('a process that the watchdog is not about sends no heartbeat', async () => {
    // As in a child of the service: the variables are inherited.
    const { service, heard } = await startBoth('other', { WATCHDOG_PID: '1' });
    await heard.said(/READY=1/);
    await new Promise((resolve) => setTimeout(resolve, WATCHDOG_MS));
    service.signal('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
    await heard.said(/STOPPING=1/);
    expect(heard.output).not.toContain('WATCHDOG');
  });
});
