/**
 * `npm run fleet:faults`: the long form of `faults.test.ts`, by hand. It prints what it has measured, and
 * exits with 1 if a promise was broken.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { WrongInput, wholeNumber } from '../../../bench/wrong-input.ts';
import type { Place } from '../open.ts';
import { randomOf } from '../world.ts';
import { bundleWriters, FaultRun, type TakeOver } from './fault-run.ts';
import { judgeHistory, releases } from './judge.ts';

const KINDS: readonly Place['kind'][] = ['file', 'redis', 'etcd', 'postgres', 'nats'];
const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'file' },
    writes: { type: 'string', default: '1000000' },
    /** Between two troubles. */
    between: { type: 'string', default: '4000' },
    ttl: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    /** Of Redis: everysec or always. */
    appendfsync: { type: 'string', default: 'everysec' },
    /** Some of the troubles, separated by commas; by default all. */
    only: { type: 'string' },
  },
});

try {
  process.exitCode = (await command()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof WrongInput)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function command(): Promise<boolean> {
  const kind = KINDS.find((each) => each === values.engine);
  if (kind === undefined) throw new WrongInput(`--engine is one of ${KINDS.join(', ')}`);
  const writes = wholeNumber('--writes', values.writes, 1);
  const between = wholeNumber('--between', values.between, 1);
  const ttlMs = wholeNumber('--ttl', values.ttl, 100);
  const seed = wholeNumber('--seed', values.seed ?? String(Date.now() % 2 ** 31), 0);
  const engine = {
    redis: ['--appendfsync', values.appendfsync],
    etcd: ['--unsafe-no-fsync=false'],
    postgres: [],
    nats: [],
    file: [],
  }[kind];
  bundleWriters();
  const random = randomOf(seed);
  const began = performance.now();
  const run = await FaultRun.start({ kind, engine, ttlMs, random });
  const progress = setInterval(
    () => console.error(`${run.resource.accepted} writes accepted`),
    PROGRESS_MS,
  );
  try {
    const known = Object.keys(run.troubles);
    const names = values.only?.split(',') ?? known;
    const wrong = names.find((name) => !known.includes(name));
    if (wrong !== undefined) {
      throw new WrongInput(`--only has ${wrong}, which is none of ${known.join(', ')}`);
    }
    const counts = new Map<string, number>();
    let hung: unknown;
    try {
      while (run.resource.accepted < writes) {
        await run.writes(between);
        const name = names[Math.floor(random() * names.length)] ?? 'kill';
        counts.set(name, (counts.get(name) ?? 0) + 1);
        console.error(`trouble ${name}`);
        await run.troubles[name]?.();
      }
    } catch (error) {
      // What was written until then is judged all the same.
      hung = error;
    }
    const history = await run.end();
    console.error(`${history.length} operations to be judged`);
    const { accepted, refused, holders, broken } = run.resource;
    const judged = judgeHistory(history, kind, values.appendfsync !== 'always');
    const engineSays = kind === 'redis' ? `redis, appendfsync ${values.appendfsync}` : kind;
    console.log(`${engineSays}, time to live ${ttlMs} ms, --seed ${seed}`);
    console.log(`${accepted} writes accepted, ${refused} refused, ${holders.size} tokens`);
    console.log(`${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`);
    const { operations, unknown, keys, forgotten, forgottenMs } = judged;
    console.log(`${operations} operations on ${keys} keys, ${unknown} without an answer`);
    if (kind === 'redis') {
      console.log(
        `forgotten by restarts: ${forgotten} that were acknowledged, up to ${forgottenMs.toFixed(1)} ms before`,
      );
    }
    console.log(shown('after a kill', run.takeOvers));
    console.log(shown('after a release', releases(history, 'lease-writer')));
    console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
    for (const each of [...broken, ...judged.broken]) console.log(`BROKEN: ${each}`);
    if (hung !== undefined) console.log(`HUNG: ${hung}`);
    return broken.length + judged.broken.length === 0 && hung === undefined;
  } finally {
    clearInterval(progress);
    await run.remove();
  }
}

function shown(when: string, takeOvers: readonly TakeOver[]): string {
  const sorted = takeOvers.map(({ ms }) => ms).sort((one, other) => one - other);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(0);
  return `held again ${when}: ${sorted.length} times, median ${at(0.5)} ms, 99 % ${at(0.99)} ms, most ${at(1)} ms`;
}
