/**
 * Whole lives, simulated: a fixed set, the planted bugs, and the same time line on every runtime. Lives
 * that nobody has seen before are for `npm run simulate`.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { libraryText } from './built.ts';
import { type Library, libraryOf } from './library.ts';
import { type Plan, planOf } from './plan.ts';
import { PLANTED } from './planted.ts';
import { shrink } from './shrink.ts';
import { digest } from './timeline.ts';
import { live } from './world.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIXED = 1_000;

let text: string;
let library: Library;

beforeAll(async () => {
  text = await libraryText();
  library = libraryOf(text);
});

describe('simulated lives', () => {
  it('keep the contract, a thousand of them', () => {
    for (let seed = 1; seed <= FIXED; seed++) {
      expect(live(planOf(seed), library).faults, `seed ${seed}`).toEqual([]);
    }
  }, 300_000);

  it('are the same on Node, Deno and Bun', async () => {
    const folder = join(ROOT, 'build/simulation');
    const [file, program] = [join(folder, 'library.txt'), join(folder, 'digest.mjs')];
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
    await build({
      entryPoints: [join(import.meta.dirname, 'digest.ts')],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
    });
    const here = digest(
      Array.from({ length: 40 }, (_, index) => live(planOf(1 + index), library).trace),
    );
    const bin = join(ROOT, 'node_modules/.bin');
    const commands = [['node'], [join(bin, 'deno'), 'run', '-A'], [join(bin, 'bun')]];
    for (const [command = '', ...args] of commands) {
      const { stdout } = await promisify(execFile)(command, [...args, program, file, '1', '40']);
      expect(stdout.trim(), command).toBe(String(here));
    }
  }, 120_000);

  it('that fail are made smaller', async () => {
    const bug = PLANTED[0] as (typeof PLANTED)[number];
    const broken = libraryOf(await libraryText(bug));
    const fails = (plan: Plan): boolean => live(plan, broken).faults.length > 0;
    const plan = planOf(bug.seed);
    const small = shrink(plan, fails);
    expect(fails(small)).toBe(true);
    const size = ({ acts, faults }: Plan): number => acts.length + faults.length;
    expect(size(small)).toBeLessThan(size(plan));
  });
});

describe('a planted bug', () => {
  it.each(PLANTED.map((bug) => [bug.name, bug] as const))('is found: %s', async (_, bug) => {
    const { seed } = bug;
    expect(live(planOf(seed), library).faults).toEqual([]);
    expect(live(planOf(seed), libraryOf(await libraryText(bug))).faults).not.toEqual([]);
  });
});
