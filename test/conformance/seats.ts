/**
 * Contract §1 and §6: the snapshot, and places in a lifecycle: share, attach, detach, reap.
 *
 * @module
 */

import {
  type CreateOptions,
  Lifecycle,
  type LifecycleHandle,
  Phase,
  type SeatOptions,
} from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import { HandClock, inPhase, REPORT, type Suite, WRONG_OPTIONS } from './suite.ts';

/** What is no handle; a function, because pages may have no `SharedArrayBuffer` at all. */
function noHandles(): unknown[] {
  const buffers =
    typeof SharedArrayBuffer === 'function'
      ? [new SharedArrayBuffer(196_608), new SharedArrayBuffer(64)]
      : [];
  return [
    ...[undefined, null, 5, {}],
    ...[null, new ArrayBuffer(196_608), ...buffers].map((tidegate) => ({ tidegate })),
  ];
}

export const seats: Suite = {
  name: 'seats and snapshots',
  behaviours: [
    {
      title:
        'a snapshot has phase, times, reason and report of one moment, and is frozen throughout',
      run: (subject) => {
        const clock = new HandClock(10);
        const lifecycle = subject.create({ clock: clock.read });
        lifecycle.setStartingReason('why');
        lifecycle.stage('own').markStarted();
        const before = lifecycle.snapshot();
        equal([before.phase, before.startedAtMs, before.readyAtMs], [0, 10, null]);
        equal([before.reason, before.report, before.shutdownRequested], ['why', null, false]);
        equal([before.holds, before.inFlight, before.steps], [[], { writes: 0, queries: 0 }, []]);
        equal(before.backend, subject.backend);
        clock.now = 20;
        inPhase(lifecycle, 3);
        lifecycle.gate.hold('replica');
        equal([before.phase, before.reason, before.holds], [0, 'why', []]);
        lifecycle.finishShutdown({
          ...REPORT,
          steps: [{ name: 's', status: 'ok', durationMs: 1 }],
        });
        const after = lifecycle.snapshot();
        equal(
          [after.phase, after.startedAtMs, after.readyAtMs, after.drainingAtMs, after.stoppedAtMs],
          [4, 10, 20, 20, 20],
        );
        equal([after.reason, after.holds, after.steps.length], [null, ['replica'], 1]);
        equal(after.report, lifecycle.shutdownReport());
        mustBeFrozen(after, 'snapshot');
      },
    },
    {
      title: 'a snapshot names the members and what each has under way',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const permits = [lifecycle.gate.tryEnter('write'), lifecycle.gate.tryEnter('query')];
        const { number, incarnation } = lifecycle.member;
        const [member, ...others] = lifecycle.snapshot().members;
        equal(others, []);
        equal(
          [member?.member, member?.incarnation, member?.writes, member?.queries, member?.blockedMs],
          [number, incarnation, 1, 1, null],
        );
        for (const permit of permits) permit?.release();
      },
    },
    {
      title: 'memory that is not shared has no handle, and says why',
      run: (subject) => {
        const lifecycle = Lifecycle.create({ backend: subject.backend, shared: false });
        throws(() => lifecycle.share(), 'cannot_share');
        equal(lifecycle.markReady(), true);
      },
    },
    {
      title: 'attach() refuses what is no handle',
      run: (subject) => {
        for (const handle of noHandles()) {
          const attach = (): Lifecycle =>
            Lifecycle.attach(handle as LifecycleHandle, { backend: subject.backend });
          throws(attach, 'not_tidegate');
        }
      },
    },
    {
      title: 'attach() refuses a memory of another layout',
      needsShared: true,
      run: (subject) => {
        const lifecycle = subject.create();
        const handle = lifecycle.share();
        const { tidegate } = handle;
        const buffer = tidegate instanceof SharedArrayBuffer ? tidegate : tidegate.buffer;
        new Int32Array(buffer)[1] = 99;
        throws(() => Lifecycle.attach(handle, { backend: subject.backend }), 'layout_version');
      },
    },
    {
      title: 'attach() refuses a memory whose header asks for more room than there is, or for none',
      needsShared: true,
      run: (subject) => {
        const lifecycle = subject.create();
        const handle = lifecycle.share();
        const { tidegate } = handle;
        const words = new Int32Array(
          tidegate instanceof SharedArrayBuffer ? tidegate : tidegate.buffer,
        );
        // Members, stages, reports.
        for (const word of [2, 3, 4]) {
          const right = words[word] ?? 0;
          for (const wrong of [right + 1, 2 ** 30, 0, -1]) {
            words[word] = wrong;
            throws(() => Lifecycle.attach(handle, { backend: subject.backend }), 'not_tidegate');
          }
          words[word] = right;
        }
        equal(subject.attach(lifecycle).phase(), Phase.Starting);
        equal(lifecycle.snapshot().members.length, 2);
      },
    },
    {
      title: 'create() and attach() refuse invalid options, and no member is added',
      run: (subject) => {
        for (const wrong of WRONG_OPTIONS) {
          throws(() => Lifecycle.create(wrong as CreateOptions), 'invalid_argument');
        }
        for (const shared of [null, 0, 'yes', {}]) {
          const options = { backend: subject.backend, shared } as unknown as CreateOptions;
          throws(() => Lifecycle.create(options), 'invalid_argument');
        }
        if (!subject.isShared) return;
        const lifecycle = subject.create();
        for (const wrong of [...WRONG_OPTIONS, { clock: 5 }, { clock: null }, { backend: 'c' }]) {
          const attach = (): Lifecycle =>
            Lifecycle.attach(lifecycle.share(), wrong as unknown as SeatOptions);
          throws(attach, 'invalid_argument');
        }
        equal(lifecycle.snapshot().members.length, 1);
      },
    },
    {
      title: 'another seat is another member of the same lifecycle',
      needsShared: true,
      run: (subject) => {
        const clock = new HandClock(5);
        const lifecycle = subject.create({ clock: () => 1 });
        const other = subject.attach(lifecycle, { clock: clock.read });
        holds(other.member.number !== lifecycle.member.number, 'the same member number');
        other.markReady();
        lifecycle.setStartingReason('too late');
        equal([lifecycle.phase(), lifecycle.readyAtMs(), other.startedAtMs()], [1, 5, 1]);
        equal(lifecycle.snapshot().members.length, 2);
      },
    },
    {
      title: 'either backend works on the bytes of the other',
      needsShared: true,
      needsBoth: true,
      run: (subject) => {
        const lifecycle = subject.create();
        const backend = subject.backend === 'wasm' ? 'atomics' : 'wasm';
        const other = Lifecycle.attach(lifecycle.share(), { backend });
        equal([lifecycle.backend, other.backend], [subject.backend, backend]);
        other.setStartingReason('from the other backend');
        equal(lifecycle.notReadyReason(), 'from the other backend');
        other.stage('shared_stage').setStartedAtMs(5);
        other.finishShutdown({ ...REPORT, trigger: 'other' });
        equal(lifecycle.shutdownReport()?.trigger, 'other');
        equal(lifecycle.coldStartPhases().stages.length, 1);
      },
    },
    {
      title: 'detach() gives the place back, and every later call throws',
      needsShared: true,
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        const { member } = other;
        other.detach();
        for (const call of [
          () => other.phase(),
          () => other.markReady(),
          () => other.gate.tryEnter('write'),
          () => other.snapshot(),
          () => other.share(),
          () => other.setStartingReason('x'),
          () => other.coldStartPhases(),
          () => other.stage('restore'),
          () => other.stage('cache_fill'),
          () => other.detach(),
        ]) {
          throws(call, 'detached');
        }
        equal(lifecycle.snapshot().members.length, 1);
        const next = subject.attach(lifecycle);
        equal(next.member.number, member.number);
        holds(next.member.incarnation > member.incarnation, 'the same incarnation again');
      },
    },
    {
      title: 'detach() ends the waits of this object, each with an error, and no others',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [] });
        const [other, third] = [subject.attach(lifecycle), subject.attach(lifecycle)];
        const permit = third.gate.tryEnter('write');
        const heard: Phase[] = [];
        other.onTransition(({ to }) => heard.push(to));
        const waits = [other.waitFor(Phase.Stopped), other.drain(), other.shutdown()];
        const reached = third.waitFor(Phase.Stopped);
        // They are caught below, one by one.
        for (const wait of waits) wait.catch(() => {});
        await lifecycle.waitFor(Phase.Draining);
        other.detach();
        for (const wait of waits) await rejects(wait, 'detached');
        permit?.release();
        equal((await lifecycle.shutdown()).drained, true);
        equal([await reached, heard.includes(Phase.Stopped)], [Phase.Stopped, false]);
      },
    },
    {
      title: 'detach() is refused while permits are held, and nothing changes',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const permit = lifecycle.gate.tryEnter('query');
        throws(() => lifecycle.detach(), 'member_busy');
        equal(lifecycle.gate.inFlight().queries, 1);
        permit?.release();
        lifecycle.detach();
        throws(() => lifecycle.phase(), 'detached');
      },
    },
    {
      title: 'reap() frees the permits of the dead, once, and leaves its successor alone',
      needsShared: true,
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const dead = subject.attach(lifecycle);
        const permit = dead.gate.tryEnter('write');
        const { member } = dead;
        equal([lifecycle.reap(member), lifecycle.reap(member)], [true, false]);
        equal(lifecycle.gate.inFlight().writes, 0);
        const successor = subject.attach(lifecycle);
        const own = successor.gate.tryEnter('write');
        permit?.release();
        equal([lifecycle.reap(member), lifecycle.gate.inFlight().writes], [false, 1]);
        own?.release();
        equal(lifecycle.gate.inFlight().writes, 0);
      },
    },
    {
      title: 'a member that was declared dead and is not gets an error, not a permit',
      needsShared: true,
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        lifecycle.reap(other.member);
        throws(() => other.gate.tryEnter('write'), 'reaped');
        throws(() => other.finishShutdown(REPORT), 'reaped');
        throws(() => other.pipeline({ steps: [] }), 'reaped');
        equal([lifecycle.phase(), lifecycle.gate.inFlight().writes], [Phase.Ready, 0]);
      },
    },
    {
      title:
        'a member that was declared dead and is not keeps its texts from who has its place now',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = subject.create();
        const other = subject.attach(lifecycle);
        const own = other.stage('own');
        lifecycle.reap(other.member);
        const successor = subject.attach(lifecycle);
        equal(successor.member.number, other.member.number);
        successor.setStartingReason('of the successor');
        throws(() => other.setStartingReason('of the dead'), 'reaped');
        throws(() => other.notReadyReason(), 'reaped');
        throws(() => other.stage('another'), 'reaped');
        await rejects(other.shutdown({ trigger: 'the dead' }), 'reaped');
        equal(
          [successor.notReadyReason(), lifecycle.phase()],
          ['of the successor', Phase.Starting],
        );
        equal(
          [lifecycle.shutdownRequested(), lifecycle.coldStartPhases().stages.length],
          [false, 1],
        );
        // What passes through no line of its own it may: it can still wait for the end.
        equal([own.markStarted(), other.phase()], [true, Phase.Starting]);
        lifecycle.markReady();
        const waiting = [lifecycle.shutdown({ trigger: 'the living' }), other.shutdown()];
        const [report, seen] = await Promise.all(waiting);
        equal(report, seen);
        equal([report?.trigger, other.notReadyReason()], ['the living', null]);
      },
    },
    {
      title: 'reap() refuses what is no member, and this very one',
      run: (subject) => {
        const lifecycle = subject.create();
        const { number, incarnation } = lifecycle.member;
        for (const wrong of [
          undefined,
          null,
          5,
          {},
          { number, incarnation: 0 },
          { number: -1, incarnation: 1 },
          { number: 127, incarnation: 1 },
          { number: 0.5, incarnation: 1 },
          { number, incarnation },
        ]) {
          throws(() => lifecycle.reap(wrong as never), 'invalid_argument');
        }
        equal(lifecycle.reap({ number: number + 1, incarnation: 1 }), false);
        equal(lifecycle.snapshot().members.length, 1);
      },
    },
    {
      title: '127 members fit, one more is refused, and a place given back is taken again',
      needsShared: true,
      run: (subject) => {
        const lifecycle = subject.create();
        const others = Array.from({ length: 126 }, () => subject.attach(lifecycle));
        throws(() => subject.attach(lifecycle), 'members_full');
        others[50]?.detach();
        equal(subject.attach(lifecycle).member.number, 51);
        throws(() => subject.attach(lifecycle), 'members_full');
        others[125]?.setStartingReason('from the last');
        equal(lifecycle.notReadyReason(), 'from the last');
      },
    },
  ],
};

function mustBeFrozen(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  holds(Object.isFrozen(value), `${path} is not frozen`);
  for (const [name, each] of Object.entries(value)) mustBeFrozen(each, `${path}.${name}`);
}
