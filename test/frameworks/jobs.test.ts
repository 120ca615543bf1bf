/**
 * What works without being asked: a queue worker on a real Redis, and a cron job.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once as event } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, missing } from '../proxy/haproxy.ts';
import { Journal } from './journal.ts';

let journal: Journal;
beforeEach(() => {
  journal = new Journal();
});
afterEach(() => journal.end());

/** Redis, with nothing on the disk. */
class Redis {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'tidegate-redis-'));

  private constructor(port: number) {
    this.port = port;
    const args = ['--port', String(port), '--save', '', '--dir', this.#folder];
    this.#child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await freePort());
    let output = '';
    for await (const text of redis.#child.stdout ?? []) {
      output += text;
      if (output.includes('Ready to accept connections')) break;
    }
    redis.#child.stdout?.resume();
    return redis;
  }

  async stop(): Promise<void> {
    const gone = event(this.#child, 'exit');
    this.#child.kill();
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const why = missing('redis-server');

describe.skipIf(why !== undefined)(`BullMQ ${why ?? ''}`, () => {
  it('a worker that is replaced again and again does each job once, and flushes it', async () => {
    const redis = await Redis.start();
    const queue = new Queue<string>('notes', {
      connection: { host: '127.0.0.1', port: redis.port },
    });
    try {
      const jobs = Array.from({ length: 300 }, (_, index) => `job ${index}`);
      await queue.addBulk(jobs.map((data) => ({ name: 'note', data })));
      const worker = { name: 'bullmq', runtime: 'node' } as const;
      for (let turn = 0; turn < 3; turn++) {
        const running = await journal.start(worker, { REDIS_PORT: String(redis.port) });
        // In the midst of its jobs.
        const done = journal.notes.length;
        while ((await queue.getCompletedCount()) < done + 20);
        expect(await running.end()).toBe(0);
        expect(await queue.getActiveCount()).toBe(0);
      }
      expect(journal.notes.length).toBeLessThan(jobs.length);
      const last = await journal.start(worker, { REDIS_PORT: String(redis.port) });
      while ((await queue.getCompletedCount()) < jobs.length);
      expect(await last.end()).toBe(0);
      expect(journal.notes.sort()).toEqual(jobs.sort());
    } finally {
      await queue.close();
      await redis.stop();
    }
  });
});

describe('a cron job', () => {
  it('ends its run before the flush, and begins none after the acceptance', async () => {
    const running = await journal.start(
      { name: 'cron', runtime: 'node' },
      { PRE_DRAIN_MS: '1500' },
    );
    await running.prints(/begins/);
    expect(await running.end()).toBe(0);
    expect(running.output.match(/begins/g)).toHaveLength(1);
    expect(journal.notes).toEqual([expect.stringMatching(/^run at \d+$/)]);
  });
});
