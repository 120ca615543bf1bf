/**
 * Contract §2: setting the wall clock, before, between or after the starts of threads, changes no
 * duration, heartbeat or deadline. Real processes under Debian's `faketime`, whose monotonic clock is
 * left alone.
 *
 * @module
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program, RUNTIMES } from '../runtime/program.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');
const HOUR_MS = 3_600_000;

const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
  .map((folder) => join(folder, 'faketime/libfaketimeMT.so.1'))
  .find((file) => existsSync(file));

const folder = mkdtempSync(join(tmpdir(), 'clocks-'));

beforeAll(() => bundle(SERVICE));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('faketime is there, as .ci/run installs it', () => {
  expect(library).toBeDefined();
});

describe.each(RUNTIMES)('on %s', (runtime) => {
  it.each(
    (['+1h', '-1h'] as const).flatMap((shift) =>
      (['before', 'between', 'running', 'leaving'] as const).map((when) => ({ shift, when })),
    ),
  )('a wall clock that is set by $shift ($when) changes nothing', async ({ shift, when }) => {
    const file = join(folder, `${runtime}${shift}${when}`);
    writeFileSync(file, '+0');
    const program = await Program.start(runtime, { shift, when }, SERVICE, {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    try {
      const { live, ready } = await program.heard('probed');
      expect(live).toMatchObject({ status: 'alive', loop: 'ok', blocked_ms: 0 });
      expect((ready as { since_secs: number }).since_secs).toBeLessThan(60);
      const { report, apart } = await program.heard('stopped');
      expect(Math.abs(Number(apart))).toBeGreaterThan(HOUR_MS * 0.9);
      expect(report).toMatchObject({ drained: true, flushedWal: true, takenOver: false });
      // It took some tenths of a second, and not an hour, nor nothing.
      const { durationMs } = report as { durationMs: number };
      expect(durationMs).toBeGreaterThanOrEqual(300);
      expect(durationMs).toBeLessThan(HOUR_MS / 60);
      const { code, signal } = await program.exit;
      expect([code, signal, program.stderr]).toEqual([0, null, '']);
    } finally {
      await program.kill();
    }
  });
});
