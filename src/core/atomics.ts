/**
 * The atomics backend: the protocol of `assembly/` in plain JavaScript, over the same bytes. It
 * shares the layout with the wasm backend and nothing else, so a test may hold one against the
 * other; the two do the same atomic operations in the same order, and may serve one memory side
 * by side. For runtimes without WebAssembly, and as the honest rival in the benchmarks.
 *
 * The modules in `atomics/`, and what is private in them, bear the names of those in `assembly/`,
 * where the reasons are.
 *
 * @module
 */

import { ageModule } from './atomics/age.ts';
import { checksModule } from './atomics/checks.ts';
import { countsModule } from './atomics/counts.ts';
import { epochModule } from './atomics/epoch.ts';
import { headerModule } from './atomics/header.ts';
import { hostModule } from './atomics/host.ts';
import { marksModule } from './atomics/marks.ts';
import { membersModule } from './atomics/members.ts';
import { permitsModule } from './atomics/permits.ts';
import { reportsModule } from './atomics/reports.ts';
import { stateModule } from './atomics/state.ts';
import { textsModule } from './atomics/texts.ts';
import { totalsModule } from './atomics/totals.ts';
import { type AtomicsLike, wordsOf } from './atomics/words.ts';
import type { Core } from './core.ts';

export type { AtomicsLike } from './atomics/words.ts';

/**
 * The core over `buffer`, shared or not. On memory that is not shared a notify wakes nobody and a
 * wait throws, as in wasm.
 *
 * @param atomics the operations to use; a model checker brings its own, which yield before each
 */
export function atomicsCore(buffer: ArrayBufferLike, atomics: AtomicsLike = Atomics): Core {
  const words = wordsOf(buffer, atomics);
  const header = headerModule(words);
  const age = ageModule(words);
  const epoch = epochModule(words);
  const texts = textsModule(words);
  const marks = marksModule(words, texts);
  const counts = countsModule(words);
  const members = membersModule(words, epoch, texts, counts);
  const state = stateModule(words, epoch, members);
  const host = hostModule(words, epoch, members, texts);
  const checks = checksModule(words, epoch, members, texts);
  const permits = permitsModule(words, epoch, members, host, checks, counts);
  const totals = totalsModule(words, age, members);
  const reports = reportsModule(words, members, texts, state);
  // Name by name: spreads would export what the modules share among themselves.
  return {
    create: header.create,
    age: age.age,
    sinceAcceptance: age.sinceAcceptance,
    phase: state.phase,
    state: state.state,
    enteredAt: state.enteredAt,
    stoppedReport: state.stoppedReport,
    markReady: state.markReady,
    markDraining: state.markDraining,
    beginShutdown: state.beginShutdown,
    runShutdown: state.runShutdown,
    owner: state.owner,
    noteFailure: state.noteFailure,
    hasFailed: state.hasFailed,
    settle: state.settle,
    markedAt: marks.markedAt,
    mark: marks.mark,
    stage: marks.stage,
    stageWord: marks.stageWord,
    staging: texts.staging,
    publishReason: texts.publishReason,
    readReason: texts.readReason,
    attach: members.attach,
    reap: members.reap,
    incarnationOf: members.incarnationOf,
    tagOf: members.tagOf,
    membersUsed: members.membersUsed,
    beat: members.beat,
    beatOf: members.beatOf,
    enterWrite: permits.enterWrite,
    enterQuery: permits.enterQuery,
    leaveWrite: permits.leaveWrite,
    leaveQuery: permits.leaveQuery,
    enterBoot: permits.enterBoot,
    leaveBoot: permits.leaveBoot,
    bootsOut: permits.bootsOut,
    writeRefusal: permits.writeRefusal,
    writesOf: permits.writesOf,
    queriesOf: permits.queriesOf,
    writesOut: permits.writesOut,
    queriesOut: permits.queriesOut,
    hold: permits.hold,
    unhold: permits.unhold,
    countAnswer: counts.countAnswer,
    writesAdmitted: totals.writesAdmitted,
    queriesAdmitted: totals.queriesAdmitted,
    writesRefused: totals.writesRefused,
    queriesRefused: totals.queriesRefused,
    answers: totals.answers,
    addCheck: checks.addCheck,
    reportCheck: checks.reportCheck,
    dropCheck: checks.dropCheck,
    checksUsed: checks.checksUsed,
    checkStatus: checks.checkStatus,
    readCheck: checks.readCheck,
    holds: checks.holds,
    epoch: epoch.epoch,
    waitEpoch: epoch.waitEpoch,
    takeHost: host.takeHost,
    startRun: host.startRun,
    hosting: host.hosting,
    leaveHost: host.leaveHost,
    acceptShutdown: host.acceptShutdown,
    isAccepted: host.isAccepted,
    readTrigger: host.readTrigger,
    hostMember: host.hostMember,
    setStandby: host.setStandby,
    standbys: host.standbys,
    stampAcceptedAt: host.stampAcceptedAt,
    stampBudget: host.stampBudget,
    hostBudget: host.hostBudget,
    exits: host.exits,
    endPreDrain: host.endPreDrain,
    isPreDrainEnded: host.isPreDrainEnded,
    noteProbe: host.noteProbe,
    probesSeen: host.probesSeen,
    claimReport: reports.claimReport,
    dropReport: reports.dropReport,
    putHead: reports.putHead,
    putStep: reports.putStep,
    getHead: reports.getHead,
    getStep: reports.getStep,
    hostSteps: reports.hostSteps,
    slotHost: reports.slotHost,
    finishShutdown: reports.finishShutdown,
  };
}
