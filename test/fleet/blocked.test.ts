/**
 * The end of a lease's time while the event loop does not turn: real processes, real threads, on each
 * runtime.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, commandOf, RUNTIMES } from '../runtime/program.ts';
import type { Blocked } from './blocked-program.ts';

const PROGRAM = join(import.meta.dirname, 'blocked-program.ts');
const folder = mkdtempSync(join(tmpdir(), 'tidegate-blocked-'));

beforeAll(() => bundle(PROGRAM));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(RUNTIMES)(
  'a process on %s whose loop is blocked for longer than its lease',
  (runtime) => {
    it('admits no write on any thread after that, goes on when it turns, and ends by itself', async () => {
      const [command, args] = commandOf(runtime, PROGRAM);
      const env = { ...process.env, NO_COLOR: '1', BLOCKED: join(folder, runtime) };
      const { stdout, stderr } = await promisify(execFile)(command, args, { env });
      expect(stderr).toBe('');
      const { own, seen, other, woken, regained } = JSON.parse(stdout) as Blocked;
      expect(own.refusal).toBe('lease_lost');
      expect(own.admitted).toBeGreaterThan(0);
      expect(seen).toEqual([{ name: 'writer', state: 'lost', token: null }]);
      expect(other.refusal).toBe('lease_lost');
      expect(other.admitted).toBeGreaterThan(0);
      expect(woken).toBe('ok');
      // Nobody else has had it.
      expect(regained).toEqual([
        ['held', 1],
        ['held', 1],
      ]);
    });
  },
);
