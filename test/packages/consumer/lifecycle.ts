/**
 * A program that uses every export of `tidegate`, to be compiled against the packed declarations.
 * It needs neither the DOM library nor any runtime's types. It is not run.
 *
 * @module
 */

import {
  acceptsQueries,
  acceptsWrites,
  type Backend,
  type CheckContext,
  type CheckEffect,
  type CheckOptions,
  type CheckSnapshot,
  type Clock,
  type ColdStartPhases,
  type CountedProbe,
  type Counters,
  type CreateOptions,
  type DrainResult,
  GateClosedError,
  type HoldName,
  type LeaseSnapshot,
  type LeaseState,
  LeavingError,
  Lifecycle,
  LifecycleError,
  type LifecycleErrorCode,
  type LifecycleHandle,
  type LifecycleSnapshot,
  type Log,
  type LogEvent,
  type LogEventType,
  type Member,
  type MemberSnapshot,
  type Permit,
  type PermitKind,
  Phase,
  type PhaseName,
  type PipelineOptions,
  type PipelineStep,
  type PreviousRun,
  type ProbeCount,
  type ProbeStatus,
  phaseFromU8,
  phaseName,
  type RefusalCount,
  type RunOutcome,
  type SeatOptions,
  type ShutdownEvent,
  type ShutdownListener,
  type ShutdownOptions,
  type ShutdownReport,
  type ShutdownReportInput,
  type ShutdownSnapshot,
  type Stage,
  type StageContext,
  type StageTimes,
  type StepContext,
  type StepReport,
  type StepStatus,
  type StepTime,
  type Transition,
  type TransitionListener,
  type WaitOptions,
  type WriteGate,
} from 'tidegate';

const clock: Clock = () => 1;
const seat: SeatOptions = { clock, backend: 'atomics' };
const options: CreateOptions = { ...seat, shared: true };

/** Made, shared, found by other threads, given back. */
export function threads(): Lifecycle {
  const lifecycle: Lifecycle = Lifecycle.create(options);
  const handle: LifecycleHandle = lifecycle.share();
  const other = Lifecycle.attach(handle, seat);
  const member: Member = other.member;
  const place: [number, number] = [member.number, member.incarnation];
  const backend: Backend = other.backend;
  lifecycle.reap({ number: place[0], incarnation: place[1] });
  other.beat();
  other.watchBeats();
  other.detach();
  return backend === 'wasm' ? other : lifecycle;
}

/** Each phase and its time. */
export function phases(lifecycle: Lifecycle): readonly (number | null)[] {
  const phase: Phase = lifecycle.phase();
  const name: PhaseName = phaseName(phaseFromU8(phase));
  const next: Phase | null = lifecycle.waitForSync(Phase.Ready, 10);
  const moved: boolean[] = [
    lifecycle.markReady(),
    lifecycle.markDraining(),
    lifecycle.beginShutdown(),
    acceptsWrites(phase),
    acceptsQueries(Phase.Draining),
  ];
  return [
    name.length,
    next,
    moved.length,
    lifecycle.startedAtMs(),
    lifecycle.ageMs(),
    lifecycle.readyAtMs(),
    lifecycle.drainingAtMs(),
    lifecycle.shuttingDownAtMs(),
    lifecycle.stoppedAtMs(),
  ];
}

/** What a boot marks, and why it is not over. */
export async function coldStart(lifecycle: Lifecycle): Promise<[name: string, ms: number][]> {
  const set: boolean[] = [
    lifecycle.markRestoreStarted(),
    lifecycle.markRestoreReady(),
    lifecycle.markWalReplayStarted(),
    lifecycle.markWalReplayReady(),
    lifecycle.markIndexWarmupStarted(),
    lifecycle.markIndexWarmupReady(),
    lifecycle.setRestoreStartedAtMs(1),
    lifecycle.setRestoreReadyAtMs(2),
    lifecycle.setWalReplayStartedAtMs(3),
    lifecycle.setWalReplayReadyAtMs(4),
    lifecycle.setIndexWarmupStartedAtMs(5),
    lifecycle.setIndexWarmupReadyAtMs(6),
  ];
  const stage: Stage = lifecycle.stage('migrate');
  set.push(stage.markStarted(), stage.markReady(), stage.setStartedAtMs(1), stage.setReadyAtMs(2));
  const rows: number = await stage.run(async ({ signal }: StageContext) => {
    signal.throwIfAborted();
    return set.length;
  });
  lifecycle.setStartingReason(`${stage.name}: ${rows} rows`);
  const reason: string | null = lifecycle.notReadyReason();
  const seen: ColdStartPhases = lifecycle.coldStartPhases();
  const stages: readonly StageTimes[] = seen.stages;
  const [first] = stages;
  return first === undefined
    ? seen.durationsMs()
    : [[reason ?? first.name, first.readyAtMs - first.startedAtMs]];
}

/** Admission, by permit and by function. */
export async function writes({ gate }: Lifecycle): Promise<string> {
  const door: WriteGate = gate;
  const kind: PermitKind = 'write';
  const permit: Permit | null = door.tryEnter(kind);
  permit?.release();
  const hold: HoldName = 'read_only';
  const changed: boolean[] = [door.hold(hold), door.release(hold)];
  const holds: HoldName[] = door.holds();
  const { writes: out, queries } = door.inFlight();
  try {
    const id: number = door.run('query', () => 1);
    const later: string = await door.run(kind, async () => 'written');
    return `${later} ${id} ${out + queries} ${changed.length + holds.length}`;
  } catch (error) {
    if (error instanceof GateClosedError) return `${error.reason} ${phaseName(error.phase)}`;
    if (error instanceof LifecycleError) {
      const code: LifecycleErrorCode = error.code;
      return code;
    }
    return door.writeRefusal() ?? '';
  }
}

/** The end, by the pipeline and by hand. */
export async function end(lifecycle: Lifecycle): Promise<ShutdownReport> {
  const at: StepTime = 'drained';
  const step: PipelineStep = {
    name: 'flush_wal',
    run: ({ signal, ready }: StepContext) => ready && signal.throwIfAborted(),
    timeoutMs: 1000,
    at,
  };
  const remove: () => void = lifecycle.step({ ...step, name: 'close_pool', after: ['flush_wal'] });
  remove();
  const takeBack: () => void = lifecycle.exits();
  if (lifecycle.isExiting()) takeBack();
  lifecycle.endPreDrain();
  const plan: PipelineOptions = {
    steps: [step],
    budgetMs: 25_000,
    preDrainMs: 0,
    preDrainProbes: 1,
    drainTimeoutMs: 1000,
  };
  const undo: () => void = lifecycle.pipeline(plan);
  undo();
  const wait: WaitOptions = { timeoutMs: 10, keepAlive: false };
  const drained: DrainResult = await lifecycle.drain(wait);
  const reached: Phase | null = await lifecycle.waitFor(Phase.Stopped, wait);
  const input: ShutdownReportInput = {
    flushedWal: drained.drained,
    finalCheckpoint: reached === Phase.Stopped,
    backupUploaded: drained.members.every(({ member, writes: left }) => left <= member),
    durationMs: drained.waitedMs + drained.left,
    startedAtMs: 1,
    completedAtMs: lifecycle.shutdownLeftMs() ?? lifecycle.shutdownBudgetMs(),
  };
  lifecycle.finishShutdown(input);
  lifecycle.noteReadinessProbe();
  const asked: ShutdownOptions = { trigger: 'deploy', failed: false };
  const report: ShutdownReport = await lifecycle.shutdown(asked);
  const steps: StepReport[] = report.steps;
  const statuses: StepStatus[] = steps.map(({ status }) => status);
  return lifecycle.shutdownRequested() && statuses.includes('ok')
    ? report
    : (lifecycle.shutdownReport() ?? report);
}

/** What can be watched. */
export function watch(lifecycle: Lifecycle): LifecycleSnapshot {
  const listener: TransitionListener = ({ from, to, atMs }: Transition) => from + to + atMs;
  const stop: () => void = lifecycle.onTransition(listener);
  stop();
  const course: ShutdownListener = (event: ShutdownEvent) => event.type === 'stopped';
  lifecycle.onShutdown(course)();
  const left: unknown = lifecycle.leaving.reason;
  const told: string | null = left instanceof LeavingError ? left.trigger : null;
  const affects: CheckEffect = 'write';
  const run = ({ signal }: CheckContext): void => signal.throwIfAborted();
  const check: CheckOptions = { name: 'disk', run, everyMs: 5, timeoutMs: 5, failures: 1, affects };
  const removal: () => void = lifecycle.check({ ...check, successes: 1 });
  removal();
  const probe: CountedProbe = 'ready';
  const status: ProbeStatus = 200;
  lifecycle.countProbe(probe, status);
  const counters: Counters = lifecycle.counters();
  const refusals: readonly RefusalCount[] = counters.refusals;
  const answers: readonly ProbeCount[] = counters.probes;
  const previous: PreviousRun | null = lifecycle.previousRun();
  const outcome: RunOutcome = previous?.outcome ?? 'clean';
  if (outcome === 'killed' && refusals.length > answers.length) return lifecycle.snapshot();
  const checks: readonly CheckSnapshot[] = lifecycle.checks();
  const leases: readonly LeaseSnapshot[] = lifecycle.leases();
  const states: readonly LeaseState[] = leases.map(({ state }) => state);
  const token: number | null = lifecycle.gate.tryEnter('write')?.token ?? null;
  if (states.includes('lost') || token === null) return lifecycle.snapshot();
  if (checks.some(({ healthy, sinceMs, error }) => !healthy && sinceMs > 0 && error !== null)) {
    return lifecycle.snapshot();
  }
  const shutdown: ShutdownSnapshot | null = lifecycle.snapshot().shutdown;
  const types: readonly LogEventType[] = ['step_failed'];
  const log: Log = ({ type, message }: LogEvent) => types.includes(type) && message;
  log({ type: 'uncaught', message: `${told} ${shutdown?.running.length}` });
  const snapshot: LifecycleSnapshot = lifecycle.snapshot();
  const members: readonly MemberSnapshot[] = snapshot.members;
  // @ts-expect-error a snapshot is a value that nobody may change
  snapshot.phase = Phase.Ready;
  // @ts-expect-error there is no such phase
  const wrong: Phase = 5;
  return members.length > wrong ? snapshot : lifecycle.snapshot();
}
