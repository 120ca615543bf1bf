/**
 * The program of a simulated thread: an application with the library, which does what the plan of its
 * life says. It is built together with the library; all it has from outside are the globals of its
 * thread.
 *
 * @module
 */

import { Lifecycle, type LifecycleHandle, type Member, Phase } from '../../../src/index.ts';
import { handleSignals } from '../../../src/runtime/signals.ts';
import type { Call, MemberPlan, SignalsPlan } from '../plan.ts';
import { sleep, stepOf } from './steps.ts';
import type { Tell } from './told.ts';

/** What an application that owns the shutdown says at its end. */
const DONE = {
  flushedWal: true,
  finalCheckpoint: false,
  backupUploaded: false,
  durationMs: 1,
  startedAtMs: 1,
  completedAtMs: 1,
};

/** What the world sees of it. */
export interface Program {
  open(tell: Tell, plan: MemberPlan, handle?: LifecycleHandle): Application;
}

/** The application of one thread. */
export interface Application {
  readonly handle: LifecycleHandle;
  readonly member: Member;
  /** It has detached. */
  isGone(): boolean;
  hear(plan: SignalsPlan): void;
  run(call: Call): void;
  reap(member: Member): void;
  /** What this thread says at the end of everything. */
  report(): unknown;
}

/** Creates the lifecycle, or takes part in it. */
export function open(tell: Tell, plan: MemberPlan, handle?: LifecycleHandle): Application {
  const { backend, pipeline, steps } = plan;
  const lifecycle =
    handle === undefined ? Lifecycle.create({ backend }) : Lifecycle.attach(handle, { backend });
  tell({
    type: 'joined',
    member: lifecycle.member.number,
    incarnation: lifecycle.member.incarnation,
  });
  lifecycle.onTransition(({ to }) => tell({ type: 'transition', to }));
  lifecycle.onShutdown((event) => {
    const step = 'step' in event ? event.step : null;
    const status = 'status' in event ? event.status : null;
    tell({ type: 'event', event: event.type, step, status });
  });
  const { leaving } = lifecycle;
  if (leaving.aborted) tell({ type: 'left' });
  else leaving.addEventListener('abort', () => tell({ type: 'left' }));
  let isGone = false;
  attempt(tell, 'pipeline', () => {
    if (pipeline === null) return;
    const { drainTimeoutMs, ...rest } = pipeline;
    lifecycle.pipeline({
      ...rest,
      ...(drainTimeoutMs === null ? {} : { drainTimeoutMs }),
      steps: pipeline.steps.map((step) => stepOf(step, tell)),
    });
  });
  for (const step of steps) attempt(tell, 'step', () => lifecycle.step(stepOf(step, tell)));
  return {
    handle: lifecycle.share(),
    member: lifecycle.member,
    isGone: () => isGone,
    hear: (signals) => hear(lifecycle, tell, signals),
    run: (call) => {
      tell({ type: 'asked', call: call.do, failed: call.do === 'shutdown' && call.failed });
      isGone ||= call.do === 'detach';
      attempt(tell, call.do, () => run(lifecycle, tell, call));
    },
    reap: (member) => attempt(tell, 'reap', () => lifecycle.reap(member)),
    report: () => {
      try {
        return lifecycle.shutdownReport();
      } catch {
        return 'detached';
      }
    },
  };
}

function hear(lifecycle: Lifecycle, tell: Tell, plan: SignalsPlan): void {
  const { crashes, exit } = plan;
  handleSignals(lifecycle, {
    crashes,
    exit,
    log: ({ type }) => tell({ type: 'logged', event: type }),
    finally: plan.finally.map((how, index) => ({
      name: `finally_${index}`,
      run: async () => {
        tell({ type: 'finally', index });
        if (how === 'throws') throw new Error('finally broke');
        if (how === 'hangs') await new Promise(() => {});
      },
    })),
  });
}

/** Runs a call, and tells what it returned, threw, resolved or rejected with. */
function attempt(tell: Tell, call: string, run: () => unknown): void {
  const failed = (error: unknown): void => {
    const { code = String(error) } = error as { code?: string };
    tell({ type: 'failed', call, code });
  };
  try {
    const value = run();
    if (value instanceof Promise) {
      value.then((late: unknown) => tell({ type: 'returned', call, value: late }), failed);
    } else tell({ type: 'returned', call, value: typeof value === 'function' ? null : value });
  } catch (error) {
    failed(error);
  }
}

function run(lifecycle: Lifecycle, tell: Tell, call: Call): unknown {
  switch (call.do) {
    case 'write':
    case 'query':
      return use(lifecycle, tell, call.do, call.ms);
    case 'stage':
      return lifecycle.stage(call.name).run(async ({ signal }) => {
        tell({ type: 'stage_began', name: call.name });
        const over = sleep(call.ms);
        const left = new Promise<void>((resolve) => {
          if (call.heeds) signal.addEventListener('abort', () => resolve());
        });
        await Promise.race([over, left]);
        tell({ type: 'stage_ended', name: call.name });
      });
    case 'ready':
      return lifecycle.markReady();
    case 'drain':
      return lifecycle.drain({ timeoutMs: 200 });
    case 'begin':
      return lifecycle.beginShutdown();
    case 'finish':
      return lifecycle.finishShutdown(DONE);
    case 'wait':
      return lifecycle.waitFor(Phase.Stopped);
    case 'detach':
      return lifecycle.detach();
    case 'hold':
      return lifecycle.gate.hold('paused');
    case 'release':
      return lifecycle.gate.release('paused');
    case 'shutdown':
      return ask(lifecycle, tell, call.failed);
    case 'throw':
      return void setTimeout(() => {
        throw new Error('the application broke');
      });
  }
}

async function use(
  lifecycle: Lifecycle,
  tell: Tell,
  kind: 'write' | 'query',
  ms: number,
): Promise<void> {
  const permit = lifecycle.gate.tryEnter(kind);
  if (permit === null) {
    tell({ type: 'refused', kind });
    return;
  }
  tell({ type: 'admitted', kind });
  if (ms > 0) await sleep(ms);
  // Acknowledged, then given back: in one turn, as servers do.
  tell({ type: 'released', kind });
  permit.release();
}

async function ask(lifecycle: Lifecycle, tell: Tell, failed: boolean): Promise<void> {
  const report = await lifecycle.shutdown({ trigger: 'test', failed });
  tell({ type: 'report', report });
}
