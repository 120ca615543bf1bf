/**
 * What the binary exports: every operation of the protocol, and nothing that is not one. Imports
 * `env.memory` only. Members and slots are numbers that the wrapper got from here, so nothing
 * checks their range; the wrapper is not public.
 *
 * @module
 */

export { age, sinceAcceptance } from './age';
export {
  addCheck,
  checkStatus,
  checksUsed,
  dropCheck,
  holds,
  readCheck,
  reportCheck,
} from './checks';
export { countAnswer } from './counts';
export { epoch, waitEpoch } from './epoch';
export { create } from './header';
export {
  acceptShutdown,
  endPreDrain,
  exits,
  hostBudget,
  hosting,
  hostMember,
  isAccepted,
  isPreDrainEnded,
  leaveHost,
  noteProbe,
  probesSeen,
  readTrigger,
  setStandby,
  stampAcceptedAt,
  stampBudget,
  standbys,
  startRun,
  takeHost,
} from './host';
export { mark, markedAt, stage, stageWord } from './marks';
export { attach, beat, beatOf, incarnationOf, membersUsed, reap, tagOf } from './members';
export {
  bootsOut,
  enterBoot,
  enterQuery,
  enterWrite,
  hold,
  leaveBoot,
  leaveQuery,
  leaveWrite,
  queriesOf,
  queriesOut,
  unhold,
  writeRefusal,
  writesOf,
  writesOut,
} from './permits';
export {
  claimReport,
  dropReport,
  finishShutdown,
  getHead,
  getStep,
  hostSteps,
  putHead,
  putStep,
  slotHost,
} from './reports';
export {
  beginShutdown,
  enteredAt,
  hasFailed,
  markDraining,
  markReady,
  noteFailure,
  owner,
  phase,
  runShutdown,
  settle,
  state,
  stoppedReport,
} from './state';
export { publishReason, readReason, staging } from './texts';
export {
  answers,
  queriesAdmitted,
  queriesRefused,
  writesAdmitted,
  writesRefused,
} from './totals';
