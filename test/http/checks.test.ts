/**
 * Checks as answers have them: readiness and its reasons, the status, the metrics.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { type CheckOptions, Lifecycle } from '../../src/index.ts';
import { BACKENDS, Subject, TOKEN } from './ask.ts';

/** Longer than any test. */
const everyMs = 2 ** 31 - 1;
const since_secs = expect.any(Number);

const down = (): never => {
  throw new Error('down');
};

/** Adds checks whose first run is over. */
async function add(subject: Subject, ...checks: Omit<CheckOptions, 'everyMs'>[]): Promise<void> {
  for (const check of checks) subject.lifecycle.check({ failures: 1, ...check, everyMs });
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe.each(BACKENDS)('on %s', (backend) => {
  const make = (): Subject => new Subject({ adminToken: TOKEN }, backend);

  it('without checks no answer has the key', async () => {
    for (const path of ['/health/ready', '/health/ready/write', '/health/startup']) {
      expect((await make().in(1).ask(path)).json).not.toHaveProperty('checks');
    }
  });

  it('checks that pass are told by both readiness probes, and by no other', async () => {
    const subject = make().in(1);
    await add(
      subject,
      { name: 'db', run: () => {} },
      { name: 'disk', run: () => {}, affects: 'write' },
    );
    const checks = [
      { name: 'db', healthy: true, affects: 'ready', since_secs },
      { name: 'disk', healthy: true, affects: 'write', since_secs },
    ];
    for (const path of ['/health/ready', '/health/ready/write']) {
      const { status, json } = await subject.ask(path);
      expect([status, json.checks], path).toEqual([200, checks]);
    }
    for (const path of ['/health/startup', '/health/live']) {
      const { status, json } = await subject.ask(path);
      expect(status, path).toBe(200);
      expect(json, path).not.toHaveProperty('checks');
    }
  });

  it('one that fails readiness fails both readiness probes, with its name as the reason', async () => {
    const subject = make().in(1);
    await add(subject, { name: 'idle', run: down, affects: 'nothing' }, { name: 'db', run: down });
    for (const path of ['/health/ready', '/health/ready/write']) {
      const { status, json, headers } = await subject.ask(path);
      expect([status, headers.get('retry-after')], path).toEqual([503, '1']);
      expect(json).toEqual({
        probe: path.replace('/health/', ''),
        status: 'ready',
        phase: 'ready',
        since_secs,
        reason: 'check:db',
        checks: [
          { name: 'idle', healthy: false, affects: 'nothing', since_secs, error: 'down' },
          { name: 'db', healthy: false, affects: 'ready', since_secs, error: 'down' },
        ],
      });
    }
    for (const path of ['/health/startup', '/health/live']) {
      expect((await subject.ask(path)).status, path).toBe(200);
    }
    expect((await subject.ask('/health/ready', { method: 'OPTIONS' })).status).toBe(503);
  });

  it('one that affects writes fails the probe for writes, by its hold', async () => {
    const subject = make().in(1);
    await add(subject, { name: 'disk', run: down, affects: 'write' });
    expect((await subject.ask('/health/ready')).status).toBe(200);
    const { status, json } = await subject.ask('/health/ready/write');
    expect([status, json.reason]).toEqual([503, 'unhealthy']);
  });

  it('the reason is the first of phase, hold, request and check', async () => {
    const subject = make();
    const { lifecycle } = subject;
    const reasons = async (): Promise<unknown[]> => {
      const paths = ['/health/ready', '/health/ready/write'];
      return Promise.all(paths.map(async (path) => (await subject.ask(path)).json.reason));
    };
    lifecycle.pipeline({ steps: [], preDrainMs: 600_000, budgetMs: 1_200_000 });
    await add(subject, { name: 'db', run: down });
    lifecycle.setStartingReason('replaying');
    expect(await reasons()).toEqual(['replaying', 'replaying']);
    lifecycle.markReady();
    expect(await reasons()).toEqual(['check:db', 'check:db']);
    lifecycle.gate.hold('paused');
    expect(await reasons()).toEqual(['check:db', 'paused']);
    lifecycle.gate.release('paused');
    const ended = lifecycle.shutdown();
    expect(await reasons()).toEqual(['check:db', 'shutdown_requested']);
    lifecycle.endPreDrain();
    await ended;
    expect(await reasons()).toEqual(['stopped', 'stopped']);
  });

  it('an answer to a stranger has 72 bytes of the message of an error, and nothing of its stack', async () => {
    const subject = make().in(1);
    const run = (): never => {
      throw new Error('€'.repeat(30), { cause: new Error('a cause') });
    };
    await add(subject, { name: 'db', run });
    for (const path of ['/health/ready', '/health/ready/write']) {
      const { json, text } = await subject.ask(path);
      expect(json.checks).toMatchObject([{ error: '€'.repeat(24) }]);
      expect(text).not.toMatch(/checks\.test|a cause/);
    }
  });

  it('an answer changes as soon as a check does, whatever was answered before', async () => {
    const subject = make().in(1);
    const statuses: number[] = [];
    const ask = async (): Promise<void> => {
      statuses.push((await subject.ask('/health/ready')).status);
    };
    await ask();
    const remove = subject.lifecycle.check({ name: 'db', run: down, failures: 1, everyMs });
    await new Promise((resolve) => setTimeout(resolve, 0));
    await ask();
    await ask();
    remove();
    await ask();
    expect(statuses).toEqual([200, 503, 503, 200]);
  });

  it('the status has all of each', async () => {
    const subject = make().in(1);
    await add(subject, { name: 'db', run: down });
    const { json } = await subject.ask('/admin/status', { token: TOKEN });
    const since_ms = expect.any(Number);
    expect(json.checks).toEqual([
      { name: 'db', healthy: false, affects: 'ready', since_ms, error: 'down', member: 0 },
    ]);
    expect((await make().ask('/admin/status', { token: TOKEN })).json.checks).toEqual([]);
  });

  it('the metrics have one sample for each name, 0 if it fails on any thread', async () => {
    const subject = make().in(1);
    expect((await subject.ask('/metrics')).text).not.toContain('tidegate_check');
    await add(subject, { name: 'a "b"', run: () => {} }, { name: 'db', run: () => {} });
    const other = Lifecycle.attach(subject.lifecycle.share());
    other.check({ name: 'db', run: () => Promise.reject('no route'), failures: 1, everyMs });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { text } = await subject.ask('/metrics');
    expect(text).toContain('# TYPE tidegate_check gauge\n');
    expect(text.match(/^tidegate_check\{.*$/gm)).toEqual([
      'tidegate_check{check="a \\"b\\""} 1',
      'tidegate_check{check="db"} 0',
    ]);
    // Its error is in no metric, wherever a label could be.
    expect(text).not.toContain('no route');
    other.detach();
    expect((await subject.ask('/metrics')).text).toContain('tidegate_check{check="db"} 1\n');
  });
});
