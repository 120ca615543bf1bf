/**
 * What the binary exports: every operation of the protocol, and nothing that is not one. Imports
 * `env.memory` only. Members and slots are numbers that the wrapper got from here, so nothing
 * checks their range; the wrapper is not public.
 *
 * @module
 */

export { epoch, waitEpoch } from './epoch';
export { create } from './header';
export {
  budget,
  hosting,
  hostMember,
  isRequested,
  leaveHost,
  noteProbe,
  probesSeen,
  readTrigger,
  requestShutdown,
  setBudget,
  setStandby,
  stampAccepted,
  stampDeadline,
  standbys,
  takeHost,
} from './host';
export { mark, markedAt, stage, stageWord } from './marks';
export { attach, beat, beatOf, incarnationOf, membersUsed, reap, tagOf } from './members';
export {
  enterQuery,
  enterWrite,
  hold,
  holds,
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
} from './reports';
export {
  beginShutdown,
  enteredAt,
  markDraining,
  markReady,
  phase,
  settle,
  state,
  stoppedReport,
} from './state';
export { publishReason, readReason, staging } from './texts';
