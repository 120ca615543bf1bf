/**
 * What a run writes, and what is made of it: the shape, the gate, the comparison. The run is a real
 * one, of a few cases and one round; no time is asserted.
 *
 * @module
 */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BOUNDS, type Bound } from '../../bench/bounds.ts';
import { compare, differences } from '../../bench/comparison.ts';
import type { Job } from '../../bench/harness/job.ts';
import { run } from '../../bench/harness/run.ts';
import { processRuntime } from '../../bench/harness/runtimes.ts';
import { judge, sidesOf } from '../../bench/judge.ts';
import { checkResults, readResults } from '../../bench/measured.ts';
import { jobs } from '../../bench/parts/index.ts';
import { plainTable } from '../../bench/report/table.ts';
import { keyOf, type Point, type Results } from '../../bench/results.ts';
import { WrongInput } from '../../bench/wrong-input.ts';

const execute = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
const file = join(folder, 'results.json');

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

async function bench(name: string, ...args: string[]): Promise<Ended> {
  try {
    const { stdout } = await execute(process.execPath, ['bench/run.js', name, ...args]);
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended & { readonly stderr: string };
    return { code, stdout: stdout + stderr };
  }
}

/** The same run, in which the points that `which` picks cost so many times as much. */
function slowed(results: Results, times: number, which: (point: Point) => boolean): Results {
  const points = results.points.map((point) =>
    which(point)
      ? {
          ...point,
          median: point.median * times,
          rounds: point.rounds.map((round) => round.map((each) => each * times)),
        }
      : point,
  );
  return { ...results, points };
}

let results: Results;
let said = '';

beforeAll(async () => {
  const cases = ['phase', 'wasm load', 'Date.now'];
  const { code, stdout } = await bench(
    'command',
    ...cases,
    ...['--runtime', 'node', '--rounds', '2', '--seed', '42', '--out', file],
  );
  expect([code, stdout]).toEqual([0, stdout]);
  said = stdout;
  results = checkResults(JSON.parse(readFileSync(file, 'utf8')), file);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run', () => {
  it('prints its seed, and a line for each point', () => {
    expect(said).toContain('--seed 42');
    for (const { case: name } of results.points) expect(said).toContain(name);
  });

  it('prints SKIPPED for a runtime that is missing, and what would bring it', async () => {
    const missing = processRuntime('gone', ['node_modules/gone/bin/node'], 'npm would bring it');
    const info = await missing.describe();
    expect(info.skipped).toMatch(
      /^node_modules\/gone\/bin\/node is not there: npm would bring it$/,
    );
    const { runtimes, points } = await run({ jobs, runtimes: [missing], seed: 1 });
    expect([runtimes, points]).toEqual([[info], []]);
    expect(plainTable({ ...results, runtimes, points })).toContain(`gone SKIPPED: ${info.skipped}`);
  });

  it('measures in workerd by the clock of the host, and skips what an isolate cannot have', async () => {
    const out = join(folder, 'workerd.json');
    const { code, stdout } = await bench(
      'command',
      ...['phase', 'wasm load', 'share', '--runtime', 'workerd', '--out', out],
    );
    expect([code, stdout]).toEqual([0, stdout]);
    const { points, runtimes, skips } = readResults(out);
    expect(runtimes).toMatchObject([{ name: 'workerd', skipped: null }]);
    expect(points.map(keyOf).sort()).toEqual([
      'calls: phase (atomics, workerd)',
      'calls: phase (bare, workerd)',
      'calls: phase (naive, workerd)',
      'calls: phase (wasm, workerd)',
      'calls: wasm load (control, workerd)',
    ]);
    // A slope is above 0 if what is repeated costs anything; its size is the machine's business.
    for (const { max } of points) expect(max).toBeGreaterThan(0);
    expect(skips).toEqual([
      {
        part: 'calls',
        case: 'share',
        runtime: 'workerd',
        reason: expect.stringContaining('an edge isolate has no other thread'),
      },
    ]);
  });

  it('asks a runtime without processes for calls only, whatever else a job says of runtimes', async () => {
    const asked: string[] = [];
    const page = {
      ...processRuntime('page', [process.execPath], ''),
      callsOnly: true,
      run: async ({ case: name }: { readonly case: string }) => {
        asked.push(name);
        return [1];
      },
    };
    const job = { variant: 'wasm', unit: 'ns', rounds: 1 } as const;
    const own = vi.fn(async () => [1]);
    const of: Job[] = [
      { ...job, part: 'calls', case: 'phase' },
      { ...job, part: 'memory', case: 'heap' },
      { ...job, part: 'http', case: 'GET', on: ({ name }) => name !== 'node', run: own },
    ];
    const { points } = await run({ jobs: of, runtimes: [page], seed: 1 });
    expect([asked, points.map(({ case: name }) => name)]).toEqual([['phase'], ['phase']]);
    expect(own).not.toHaveBeenCalled();
  });

  it('runs a round that failed once more, and gives up after that', async () => {
    const node = processRuntime('node', [process.execPath], 'it is this one');
    let left = 1;
    const job: Job = {
      part: 'calls',
      case: 'phase',
      variant: 'wasm',
      unit: 'ns',
      rounds: 1,
      run: async () => {
        if (left-- > 0) throw new Error('planned');
        return [7];
      },
    };
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { points } = await run({ jobs: [job], runtimes: [node], seed: 1 });
    expect(points.map(({ rounds }) => rounds)).toEqual([[[7]]]);
    expect(said).toHaveBeenCalledOnce();
    left = 2;
    await expect(run({ jobs: [job], runtimes: [node], seed: 1 })).rejects.toThrow('planned');
    said.mockRestore();
  });

  it('says on what it ran', () => {
    expect(results.machine.cpu).not.toBe('');
    expect(results.machine.cores).toBeGreaterThan(0);
    expect(results.runtimes.find(({ name }) => name === 'node')).toMatchObject({
      version: process.versions.node,
      engine: `V8 ${process.versions.v8}`,
      skipped: null,
    });
    // Null without git, or outside of a clone: the test may run from an archive of the sources.
    const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
    expect(results.commit).toBe(status === 0 ? stdout.trim() : null);
    expect(results.seed).toBe(42);
  });

  it('has one point for each case and variant, with the samples of each round', () => {
    const keys = results.points.map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => key.endsWith('node)')).sort()).toEqual([
      'calls: Date.now (control, node)',
      'calls: phase (atomics, node)',
      'calls: phase (bare, node)',
      'calls: phase (naive, node)',
      'calls: phase (wasm, node)',
      'calls: wasm load (control, node)',
    ]);
    for (const { rounds, median, min, p25, p75, max } of results.points) {
      expect(rounds).toHaveLength(2);
      expect([min, p25, median, p75, max].sort((a, b) => a - b)).toEqual([
        min,
        p25,
        median,
        p75,
        max,
      ]);
    }
  });
});

describe('wrong input', () => {
  const broken = join(folder, 'broken.json');
  const later = join(folder, 'later.json');
  const other = join(folder, 'other.json');

  beforeAll(() => {
    writeFileSync(broken, '{"schema":');
    writeFileSync(later, JSON.stringify({ ...results, schema: results.schema + 1 }));
    writeFileSync(other, JSON.stringify({ ...results, points: [] }));
  });

  it.each([
    ['command', ['nothing'], /There is no nothing\. There are:\n.*phase/s],
    ['command', ['--part', 'nothing'], /There is no nothing\./],
    [
      'command',
      ['phase', '--runtime', 'netscape'],
      /There is no runtime netscape; there are node,/,
    ],
    ['command', ['phase', '--rounds', '0'], /--rounds is "0", not a whole number from 1 up/],
    ['command', ['phase', '--seed', 'x'], /--seed is "x", not a whole number/],
    ['command', ['--nonsense'], /Unknown option '--nonsense'/],
    ['command', ['--results', 'no.json'], /Cannot read no\.json: ENOENT/],
    ['gate', ['--rounds', 'many'], /--rounds is "many", not a whole number from 1 up/],
    ['gate', ['--runtime', 'netscape'], /There is no runtime netscape/],
    ['gate', ['--results', broken], /Cannot read .*broken\.json: .*JSON/],
    ['gate', ['--results', later], /Cannot read .*later\.json: its schema is version \d+, not \d+/],
    ['compare', [file], /Usage: npm run bench:compare A\.json B\.json/],
    ['compare', [file, file, file], /Usage/],
    ['compare', [file, 'no.json'], /Cannot read no\.json: ENOENT/],
    ['compare', [broken, file], /Cannot read .*broken\.json: .*JSON/],
    ['compare', [file, later], /its schema is version/],
    ['compare', [file, other], /have no point in common/],
  ])('to %s %j is said in one message, and ends with 2', async (name, args, message) => {
    const { code, stdout } = await bench(name, ...args);
    expect(stdout).toMatch(message);
    expect(stdout).not.toMatch(/^ {4}at /m);
    expect(code).toBe(2);
  });
});

describe('the schema', () => {
  it.each([
    ['another version', (it: Results) => ({ ...it, schema: it.schema + 1 })],
    ['no seed', ({ seed, ...rest }: Results) => ({ ...rest, was: seed })],
    ['a point without samples', (it: Results) => slowed(it, Number.NaN, () => true)],
    ['a unit that is none', (it: Results) => withPoint(it, { unit: 'furlongs' })],
    ['a field that is none', (it: Results) => withPoint(it, { mood: 'good' })],
  ])('refuses %s', (_, change) => {
    const changed: unknown = JSON.parse(JSON.stringify(change(results)));
    expect(() => checkResults(changed, 'it')).toThrow(WrongInput);
  });

  function withPoint(it: Results, change: object): object {
    return { ...it, points: it.points.map((point) => ({ ...point, ...change })) };
  }
});

describe('the gate', () => {
  const bound: Bound = {
    name: 'phase / load',
    above: { part: 'calls', case: 'phase', variant: 'wasm' },
    below: { part: 'calls', case: 'wasm load', variant: 'control' },
    atMost: 100,
    missed: { node: { bound: 100_000, why: 'to be seen' } },
  };
  const isAbove = ({ case: name, variant }: Point): boolean =>
    name === 'phase' && variant === 'wasm';

  it('keeps, misses and breaks by the ratio, and not by the time', () => {
    const outcome = (it: Results): string | undefined =>
      judge(it, [bound]).find(({ runtime }) => runtime === 'node')?.outcome;
    expect(outcome(results)).toBe('kept');
    expect(outcome(slowed(results, 1e6, () => true))).toBe('kept');
    expect(outcome(slowed(results, 1e3, isAbove))).toBe('missed');
    expect(outcome(slowed(results, 1e7, isAbove))).toBe('broken');
  });

  it('ends with 1 on a planted regression', async () => {
    writeFileSync(join(folder, 'slow.json'), JSON.stringify(slowed(results, 50, isAbove)));
    const { code, stdout } = await bench('gate', '--results', join(folder, 'slow.json'));
    expect(stdout).toMatch(/^broken +node .*phase: wasm backend \/ a bare wasm load/m);
    expect(code).toBe(1);
  });

  it('has a job for both sides of every bound', () => {
    const known = new Set(jobs.map((job) => keyOf({ ...job, runtime: '' })));
    const sides = sidesOf(BOUNDS);
    expect(
      sides.map((side) => keyOf({ ...side, runtime: '' })).filter((k) => !known.has(k)),
    ).toEqual([]);
    const names = BOUNDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('says why of every bound that is missed, and promises the same or less there', () => {
    for (const { missed = {}, atMost, atLeast } of BOUNDS) {
      for (const { bound: held, why } of Object.values(missed)) {
        expect(why).not.toBe('');
        expect(atMost === undefined ? held < (atLeast ?? 0) : held > atMost).toBe(true);
      }
    }
  });
});

describe('the comparison', () => {
  it('tells a planted slow-down apart, and nothing else', () => {
    // More than the samples differ among themselves, whatever else this machine does.
    const [clock] = results.points.filter(({ case: name }) => name === 'Date.now');
    const times = (2 * (clock?.max ?? 0)) / (clock?.min ?? 0);
    const later = slowed(results, times, ({ case: name }) => name === 'Date.now');
    const outcomes = new Map(compare(results, later).map(({ key, outcome }) => [key, outcome]));
    expect(outcomes.get('calls: Date.now (control, node)')).toBe('worse');
    expect(outcomes.get('calls: phase (wasm, node)')).toBe('same');
    const back = new Map(compare(later, results).map(({ key, outcome }) => [key, outcome]));
    expect(back.get('calls: Date.now (control, node)')).toBe('better');
  });

  it('says when machines or versions differ', () => {
    expect(differences(results, results)).toEqual([]);
    const other = { ...results, machine: { ...results.machine, cpu: 'another' } };
    expect(differences(results, other)).toEqual([`cpu: ${results.machine.cpu} / another`]);
  });

  it('prints the intervals', async () => {
    const { code, stdout } = await bench('compare', file, file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/same +calls: phase \(wasm, node\) +1\.000 {2}\([\d.]+ … [\d.]+\)/);
    expect(stdout).toContain('0 better, 0 worse');
  });
});
