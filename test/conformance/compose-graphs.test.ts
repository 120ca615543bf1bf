/**
 * Contract §12 over random graphs: 1 to 32 components that start, fail, hang, heed their signal or do
 * not, and stop, fail or hang; with a shutdown at any moment, and a host that dies. A plain model says
 * what is right; failures print their seed.
 *
 * Time is counted, not measured: starts and stops last whole ticks of a clock that moves when nothing
 * else can.
 *
 * @module
 */

import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  record,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compose, type StartContext } from '../../src/compose.ts';
import { type Lifecycle, Phase } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { subjectNamed } from './suite.ts';

/** What a start or a stop does at the end of its ticks. */
type Manner = 'ends' | 'fails' | 'hangs';

/** One component of a plan; its name is its place in the list. */
interface Plan {
  /** Which of those before it in the order of starting it needs. */
  readonly needs: readonly number[];
  readonly startTicks: number;
  readonly start: Manner;
  /** False: it goes on although it was aborted. */
  readonly heeds: boolean;
  readonly stopTicks: number;
  readonly stop: Manner | 'none';
}

const ORDINARY = constantFrom<Manner[]>(
  'ends',
  'ends',
  'ends',
  'ends',
  'ends',
  'ends',
  'fails',
  'hangs',
);

function plans(start: Arbitrary<Manner>, stop: Arbitrary<Manner | 'none'>): Arbitrary<Plan[]> {
  const one = record({
    needs: array(integer({ min: 1, max: 31 }), { maxLength: 3 }),
    startTicks: integer({ min: 0, max: 20 }),
    start,
    heeds: boolean(),
    stopTicks: integer({ min: 0, max: 5 }),
    stop,
  });
  return array(one, { minLength: 1, maxLength: 32, size: 'max' }).map((all) =>
    all.map((each, index) => ({
      ...each,
      needs: [...new Set(each.needs.map((back) => index - back).filter((need) => need >= 0))],
    })),
  );
}

const nameOf = (index: number): string => `c${index}`;

/** A clock of whole ticks: it moves to the next moment at which something happens when nothing else can. */
class Ticks {
  now = 0;
  #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  sleep(ticks: number): Promise<void> {
    if (ticks === 0) return Promise.resolve();
    return new Promise((wake) => this.#sleepers.push({ at: this.now + ticks, wake }));
  }

  /** Moves on until `over` has settled and nobody sleeps any more. */
  async run(over: Promise<unknown>): Promise<void> {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    over.then(end, end);
    while (!isOver || this.#sleepers.length > 0) {
      await quiet();
      if (this.#sleepers.length === 0) continue;
      this.now = Math.min(...this.#sleepers.map(({ at }) => at));
      const due = this.#sleepers.filter(({ at }) => at === this.now);
      this.#sleepers = this.#sleepers.filter(({ at }) => at !== this.now);
      for (const { wake } of due) wake();
    }
    await quiet();
  }
}

/** Until every promise that can go on has, and timers that are due have been heard. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** What happened to the components of one composition, and what of it was wrong. */
class Witness {
  readonly wrong: string[] = [];
  /** How often each that has started was stopped. */
  readonly stops = new Map<number, number>();
  readonly #plan: readonly Plan[];
  readonly #ticks: Ticks;
  readonly #up = new Set<number>();
  readonly #began = new Set<number>();

  constructor(plan: readonly Plan[], ticks: Ticks) {
    this.#plan = plan;
    this.#ticks = ticks;
  }

  /** The components, the last first: the order of their keys is of no help. */
  components(): Record<string, object> {
    const all = this.#plan.map((each, index) => [nameOf(index), this.#component(each, index)]);
    return Object.fromEntries(all.reverse());
  }

  /** How many have started and were not stopped. */
  unstopped(): number {
    const isMissing = ([index, count]: readonly [number, number]): boolean =>
      count === 0 && this.#plan[index]?.stop !== 'none';
    return [...this.stops].filter(isMissing).length;
  }

  #component(plan: Plan, index: number): object {
    const { needs, stop } = plan;
    return {
      needs: needs.map(nameOf),
      start: (context: StartContext) => this.#start(plan, index, context),
      ...(stop !== 'none' && { stop: (value: unknown) => this.#stop(plan, index, value) }),
      // Only what would never end: the others last as long as their ticks, however long those are.
      ...(stop === 'hangs' && { timeoutMs: 1 }),
    };
  }

  async #start(plan: Plan, index: number, context: StartContext): Promise<string> {
    const { signal, ...values } = context as StartContext & Record<string, unknown>;
    const expected = Object.fromEntries(plan.needs.map((need) => [nameOf(need), `v${need}`]));
    if (JSON.stringify(values) !== JSON.stringify(expected)) this.#say(`${index} sees others`);
    if (!plan.needs.every((need) => this.#up.has(need))) this.#say(`${index} starts too early`);
    if (this.#began.has(index)) this.#say(`${index} starts twice`);
    if (signal.aborted) this.#say(`${index} starts with a signal that is aborted`);
    this.#began.add(index);
    const aborted = new Promise<never>((_, reject) => {
      if (plan.heeds) signal.addEventListener('abort', () => reject(signal.reason));
    });
    await Promise.race([this.#ticks.sleep(plan.startTicks), aborted]);
    if (plan.start === 'fails') throw new Error(`${index} fails`);
    if (plan.start === 'hangs') await aborted;
    this.#up.add(index);
    this.stops.set(index, 0);
    return `v${index}`;
  }

  async #stop(plan: Plan, index: number, value: unknown): Promise<void> {
    if (value !== `v${index}`) this.#say(`${index} is stopped with ${value}`);
    this.stops.set(index, (this.stops.get(index) ?? Number.NaN) + 1);
    for (const [other, { needs, stop }] of this.#plan.entries()) {
      if (stop === 'none' || !needs.includes(index) || !this.#up.has(other)) continue;
      this.#say(`${index} is stopped while ${other} is up`);
    }
    // A stop that hangs is given up after its time, which is no count of ticks.
    if (plan.stop !== 'hangs') await this.#ticks.sleep(plan.stopTicks);
    this.#up.delete(index);
    if (plan.stop === 'fails') throw new Error(`${index} does not stop`);
    if (plan.stop === 'hangs') await new Promise(() => {});
  }

  #say(what: string): void {
    this.wrong.push(what);
  }
}

/** The longest way through the graph, in ticks: of the starts, or back again of the stops. */
function criticalPath(plan: readonly Plan[], of: 'starts' | 'stops'): number {
  const ends: number[] = [];
  for (const { needs, startTicks, stop, stopTicks } of plan) {
    const ticks = of === 'starts' ? startTicks : stop === 'none' ? 0 : stopTicks;
    ends.push(Math.max(0, ...needs.map((need) => ends[need] ?? Number.NaN)) + ticks);
  }
  return Math.max(...ends);
}

type Call = (lifecycle: Lifecycle, components: object) => Promise<Record<string, unknown>>;
const composed = compose as Call;

// Both backends, and both kinds of memory; the other two pairs differ in nothing that is asked here.
describe.each(['wasm on shared memory', 'atomics on unshared memory'] as const)('%s', (name) => {
  const subject = subjectNamed(name);

  it('a boot takes as long as its critical path, and the stops in reverse as long as theirs', async () => {
    const ending = plans(constantFrom<Manner[]>('ends'), constantFrom('ends', 'none'));
    await assert(
      asyncProperty(ending, async (plan) => {
        const ticks = new Ticks();
        const witness = new Witness(plan, ticks);
        const lifecycle = subject.create({ clock: () => 1_000 + ticks.now });
        const boot = composed(lifecycle, witness.components());
        await ticks.run(boot);
        expect(await boot).toEqual(
          Object.fromEntries(plan.map((_, index) => [nameOf(index), `v${index}`])),
        );
        // Ten percent are promised; nothing is lost on the way.
        const total = lifecycle.coldStartPhases().durationsMs().at(-1);
        expect(total).toEqual(['total', criticalPath(plan, 'starts')]);
        const before = ticks.now;
        const shutdown = lifecycle.shutdown();
        await ticks.run(shutdown);
        expect(ticks.now - before).toBe(criticalPath(plan, 'stops'));
        expect(witness.wrong).toEqual([]);
        const expected = plan.map(({ stop }) => (stop === 'none' ? 0 : 1));
        expect(plan.map((_, index) => witness.stops.get(index))).toEqual(expected);
        expect((await shutdown).steps.every(({ status }) => status === 'ok')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('whatever fails or hangs, and whenever it is shut down, what started is stopped once', async () => {
    const chaos = record({
      plan: plans(ORDINARY, constantFrom('ends', 'ends', 'ends', 'none', 'fails', 'hangs')),
      shutdownAt: integer({ min: 0, max: 60 }),
    });
    await assert(
      asyncProperty(chaos, async ({ plan, shutdownAt }) => {
        const ticks = new Ticks();
        const witness = new Witness(plan, ticks);
        const lifecycle = subject.create();
        installLog(lifecycle, false);
        const isDeaf = plan.some(({ start, heeds }) => start === 'hangs' && !heeds);
        lifecycle.pipeline({ steps: [], ...(isDeaf && { drainTimeoutMs: 2 }) });
        const boot = composed(lifecycle, witness.components());
        const outcome = boot.then(
          () => (lifecycle.phase() >= Phase.Ready ? 'ready' : 'not ready'),
          (error: unknown) => {
            const isLeaving = (error as { readonly code?: unknown }).code === 'leaving';
            const stopped = lifecycle.phase() === Phase.Stopped ? 'stopped' : 'not stopped';
            return `${isLeaving ? 'left' : 'failed'}, ${stopped}`;
          },
        );
        const report = ticks.sleep(shutdownAt).then(() => lifecycle.shutdown());
        await ticks.run(Promise.all([outcome, report]));
        const { failed } = await report;
        expect(['ready', 'left, stopped', 'failed, stopped']).toContain(await outcome);
        expect(failed).toBe((await outcome).startsWith('failed'));
        expect(witness.wrong).toEqual([]);
        // What started after its turn is stopped behind others that hang for their timeoutMs. A loop
        // without an end is cut by the test's time-out.
        while (witness.unstopped() > 0) await ticks.run(quiet());
        expect(witness.wrong).toEqual([]);
        for (const [index, count] of witness.stops) {
          expect([index, count]).toEqual([index, plan[index]?.stop === 'none' ? 0 : 1]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.runIf(subject.isShared)(
    'if the host dies while it stops, what it had not stopped is stopped by the heir',
    async () => {
      const scene = record({
        plan: plans(constantFrom<Manner[]>('ends'), constantFrom('ends', 'ends', 'none', 'fails')),
        diesAt: integer({ min: 0, max: 12 }),
      });
      await assert(
        asyncProperty(scene, async ({ plan, diesAt }) => {
          const ticks = new Ticks();
          const lives = [new Witness(plan, ticks), new Witness(plan, ticks)] as const;
          const host = subject.create();
          const heir = subject.attach(host);
          for (const each of [host, heir]) {
            installLog(each, false);
            each.pipeline({ steps: [] });
          }
          const boots = Promise.all([
            composed(host, lives[0].components()),
            composed(heir, lives[1].components()),
          ]);
          await ticks.run(boots);
          await boots;
          const report = heir.shutdown();
          const death = ticks.sleep(diesAt).then(() => heir.reap(host.member));
          await ticks.run(Promise.all([report, death]));
          expect([lives[0].wrong, lives[1].wrong]).toEqual([[], []]);
          for (const [index, { stop }] of plan.entries()) {
            const counts = lives.map(({ stops }) => stops.get(index) ?? 0);
            expect(counts.every((count) => count <= 1)).toBe(true);
            expect([index, Math.max(...counts)]).toEqual([index, stop === 'none' ? 0 : 1]);
          }
          expect((await report).steps.length).toBe(
            plan.filter(({ stop }) => stop !== 'none').length,
          );
        }),
        { numRuns: 40 },
      );
    },
  );
});
