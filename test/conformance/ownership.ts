/**
 * Contract §1: an application that calls `beginShutdown()` owns the shutdown. No pipeline runs beside
 * it, whoever detaches or dies; and once its own thread is gone, a stand-by takes over.
 *
 * @module
 */

import type { Lifecycle, PipelineStep } from '../../src/index.ts';
import { Phase } from '../../src/index.ts';
import { equal, holds } from './claims.ts';
import { inPhase, REPORT, type Suite, turn } from './suite.ts';

/** A pipeline whose one step notes that it ran. */
function noting(lifecycle: Lifecycle, ran: string[], name: string): void {
  const steps: PipelineStep[] = [{ name, run: () => void ran.push(name) }];
  lifecycle.pipeline({ steps });
}

/** Time for whoever would do what must not be done. */
const idle = (): Promise<void> => turn(10);

export const ownership: Suite = {
  name: 'the owner of the shutdown',
  behaviours: [
    {
      title: 'no pipeline runs next to the owner on its own thread, and all get its report',
      run: async (subject) => {
        const ran: string[] = [];
        const lifecycle = inPhase(subject.create(), 1);
        noting(lifecycle, ran, 'own');
        equal([lifecycle.beginShutdown(), lifecycle.beginShutdown()], [true, false]);
        const pending = lifecycle.shutdown();
        await idle();
        equal([ran, lifecycle.phase()], [[], Phase.ShuttingDown]);
        equal(lifecycle.finishShutdown(REPORT), true);
        equal([await pending, ran], [lifecycle.shutdownReport(), []]);
      },
    },
    {
      title: 'no pipeline runs next to the owner when the host that yielded detaches',
      needsShared: true,
      run: async (subject) => {
        const ran: string[] = [];
        const owner = inPhase(subject.create(), 1);
        const [host, standby] = [subject.attach(owner), subject.attach(owner)];
        noting(host, ran, 'host');
        noting(standby, ran, 'standby');
        equal(owner.beginShutdown(), true);
        const pending = owner.shutdown();
        await idle();
        host.detach();
        await idle();
        equal([ran, owner.phase()], [[], Phase.ShuttingDown]);
        equal(standby.finishShutdown(REPORT), true);
        equal([(await pending).takenOver, ran], [false, []]);
      },
    },
    {
      title: 'no pipeline runs next to the owner when the host dies in its drain',
      needsShared: true,
      run: async (subject) => {
        const ran: string[] = [];
        const owner = inPhase(subject.create(), 1);
        const [host, standby] = [subject.attach(owner), subject.attach(owner)];
        noting(host, ran, 'host');
        noting(standby, ran, 'standby');
        const permit = owner.gate.tryEnter('write');
        const pending = standby.shutdown();
        await owner.waitFor(Phase.Draining);
        equal(owner.beginShutdown(), true);
        owner.reap(host.member);
        permit?.release();
        await idle();
        equal([ran, owner.phase()], [[], Phase.ShuttingDown]);
        equal(owner.finishShutdown(REPORT), true);
        equal([(await pending).takenOver, ran], [false, []]);
      },
    },
    {
      title: 'a waiter runs no empty pipeline next to the owner when the only host is reaped',
      needsShared: true,
      run: async (subject) => {
        const ran: string[] = [];
        const main = inPhase(subject.create(), 1);
        const [worker, owner] = [subject.attach(main), subject.attach(main)];
        noting(worker, ran, 'worker');
        equal(owner.beginShutdown(), true);
        const pending = main.shutdown();
        main.reap(worker.member);
        await idle();
        equal([ran, main.phase()], [[], Phase.ShuttingDown]);
        equal(owner.finishShutdown(REPORT), true);
        await pending;
      },
    },
    ...(['reaped', 'detached'] as const).map((how) => ({
      title: `an owner that is ${how} is succeeded, and the report says so`,
      needsShared: true,
      run: async (subject: Parameters<Suite['behaviours'][number]['run']>[0]) => {
        const ran: string[] = [];
        const main = inPhase(subject.create(), 1);
        const owner = subject.attach(main);
        noting(main, ran, 'main');
        equal(owner.beginShutdown(), true);
        const pending = main.shutdown();
        await idle();
        equal(ran, []);
        if (how === 'reaped') main.reap(owner.member);
        else owner.detach();
        const { takenOver, drained, steps } = await pending;
        equal([ran, takenOver, drained, steps.length], [['main'], true, true, 1]);
      },
    })),
    {
      title: 'a stand-by takes over from a dead owner even without a request for a shutdown',
      needsShared: true,
      run: async (subject) => {
        const ran: string[] = [];
        const main = inPhase(subject.create(), 1);
        const owner = subject.attach(main);
        noting(main, ran, 'main');
        owner.beginShutdown();
        equal(main.shutdownLeftMs(), null);
        main.reap(owner.member);
        await main.waitFor(Phase.Stopped);
        equal([ran, main.shutdownReport()?.takenOver], [['main'], true]);
      },
    },
    {
      title: 'the next member in the line of a dead owner owns nothing',
      needsShared: true,
      run: async (subject) => {
        const main = inPhase(subject.create(), 1);
        const owner = subject.attach(main);
        owner.beginShutdown();
        main.reap(owner.member);
        const next = subject.attach(main);
        equal(next.member.number, owner.member.number);
        equal((await main.shutdown()).takenOver, true);
      },
    },
    {
      title: 'the budget in force is the host’s, and stays when a stand-by takes over',
      needsShared: true,
      run: async (subject) => {
        const main = inPhase(subject.create(), 1);
        const [host, standby] = [subject.attach(main), subject.attach(main)];
        host.pipeline({
          steps: [{ name: 'a', run: () => new Promise(() => {}) }],
          budgetMs: 60_000,
        });
        standby.pipeline({ steps: [], budgetMs: 1_000 });
        const pending = main.shutdown();
        const left = main.shutdownLeftMs() ?? 0;
        holds(left > 50_000, `${left} ms are left`);
        await main.waitFor(Phase.ShuttingDown);
        main.reap(host.member);
        const after = standby.shutdownLeftMs() ?? 0;
        holds(after > 50_000, `${after} ms are left after the take-over`);
        equal((await pending).takenOver, true);
      },
    },
    {
      title: 'a thread that attached late takes nothing from the budget by asking',
      needsShared: true,
      run: async (subject) => {
        const main = inPhase(subject.create(), 1);
        main.pipeline({ steps: [], budgetMs: 60_000 });
        // Nobody looks at the time meanwhile, and so nobody stores how much has passed.
        await turn(120);
        const late = subject.attach(main);
        const beganMs = performance.now();
        const pending = late.shutdown();
        const left = main.shutdownLeftMs() ?? 0;
        const passedMs = performance.now() - beganMs;
        holds(left + passedMs > 59_998, `${left} ms are left after ${passedMs}`);
        equal((await pending).drained, true);
      },
    },
    {
      title: 'a report never has more than 32 steps, from any number of writers',
      needsShared: true,
      run: async (subject) => {
        const main = inPhase(subject.create(), 1);
        const host = subject.attach(main);
        const many = (prefix: string, count: number): PipelineStep[] =>
          Array.from({ length: count }, (_, index) => ({
            name: `${prefix}${index}`,
            run: () => {},
          }));
        const hangs: PipelineStep = { name: 'hangs', run: () => new Promise(() => {}) };
        host.pipeline({ steps: [...many('host', 21), hangs] });
        main.pipeline({ steps: many('heir', 32) });
        const pending = main.shutdown();
        while (main.snapshot().steps.length < 21) await turn();
        main.reap(host.member);
        const { steps, takenOver, failed } = await pending;
        equal([steps.length, takenOver, failed], [32, true, false]);
        equal([steps[20]?.name, steps[21]?.name], ['host20', 'heir0']);
      },
    },
    {
      title: 'a successor finds parallel steps by name, and runs those without a recorded end',
      needsShared: true,
      run: async (subject) => {
        const ran: string[] = [];
        const main = inPhase(subject.create(), 1);
        const host = subject.attach(main);
        const parallel = (who: string, hangs: readonly string[]): PipelineStep[] =>
          ['a', 'b', 'c'].map((name) => ({
            name,
            after: [],
            run: () => {
              ran.push(`${who} ${name}`);
              return hangs.includes(name) ? new Promise(() => {}) : undefined;
            },
          }));
        host.pipeline({ steps: parallel('host', ['a', 'c']) });
        main.pipeline({ steps: parallel('heir', []) });
        const pending = main.shutdown();
        while (main.snapshot().steps.length < 1) await turn();
        equal(main.snapshot().shutdown?.running, ['a', 'c']);
        main.reap(host.member);
        const { steps } = await pending;
        equal(ran, ['host a', 'host b', 'host c', 'heir a', 'heir c']);
        equal(
          steps.map(({ name }) => name),
          ['b', 'a', 'c'],
        );
      },
    },
  ],
};
