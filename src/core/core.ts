/**
 * What a backend does: the operations of the protocol over one memory, as the binary exports
 * them. Numbers in, numbers out, flags are 0 or 1. What each operation guarantees, and why, is
 * written where the wasm backend has it, in `assembly/`; the atomics backend is its twin.
 *
 * @module
 */

/** 0 or 1, as WebAssembly has it. */
export type Flag = number;

/** Which code touches the memory. */
export type Backend = 'wasm' | 'atomics';

/** The protocol. `member` and `incarnation` are those that `attach` gave. */
export interface Core {
  // header.ts
  create(now: number, members: number, stages: number, reports: number): void;

  // age.ts
  age(own: number, slack: number): number;
  sinceAcceptance(own: number, slack: number): number;

  // state.ts
  phase(): number;
  state(): number;
  enteredAt(phase: number): number;
  stoppedReport(): number;
  markReady(now: number, member: number): Flag;
  markDraining(now: number, member: number): Flag;
  beginShutdown(now: number, member: number, incarnation: number): Flag;
  runShutdown(now: number, member: number): Flag;
  owner(): number;
  noteFailure(): Flag;
  hasFailed(): Flag;
  settle(now: number): void;

  // marks.ts
  markedAt(index: number): number;
  mark(index: number, time: number): Flag;
  stage(member: number, length: number): number;
  stageWord(cell: number, index: number): number;

  // texts.ts
  staging(member: number): number;
  publishReason(member: number, length: number): void;
  readReason(member: number): number;

  // members.ts
  attach(tag: number): number;
  reap(member: number, incarnation: number): Flag;
  incarnationOf(member: number): number;
  tagOf(member: number): number;
  membersUsed(): number;
  beat(member: number, count: number): void;
  beatOf(member: number): number;

  // permits.ts
  enterWrite(member: number, incarnation: number): number;
  enterQuery(member: number, incarnation: number): number;
  leaveWrite(member: number, incarnation: number): Flag;
  leaveQuery(member: number, incarnation: number): Flag;
  enterBoot(member: number, incarnation: number): number;
  leaveBoot(member: number, incarnation: number): Flag;
  bootsOut(): number;
  writeRefusal(): number;
  writesOf(member: number): number;
  queriesOf(member: number): number;
  writesOut(): number;
  queriesOut(): number;
  hold(bits: number): number;
  unhold(bits: number): number;
  holds(): number;

  // epoch.ts
  epoch(): number;
  waitEpoch(expected: number, timeoutMs: number): number;

  // host.ts
  takeHost(member: number, incarnation: number, budget: number): number;
  startRun(member: number, incarnation: number, term: number): number;
  hosting(member: number, incarnation: number, term: number): Flag;
  leaveHost(member: number, incarnation: number): Flag;
  acceptShutdown(member: number, length: number): Flag;
  isAccepted(): Flag;
  readTrigger(member: number): number;
  hostMember(): number;
  setStandby(member: number, incarnation: number, rank: number): Flag;
  standbys(ranks: number): number;
  stampAcceptedAt(time: number): number;
  stampBudget(budget: number): number;
  hostBudget(): number;
  exits(change: number): number;
  endPreDrain(): void;
  isPreDrainEnded(): Flag;
  noteProbe(): void;
  probesSeen(): number;

  // reports.ts
  claimReport(member: number, incarnation: number, kind: number): number;
  dropReport(slot: number, member: number, incarnation: number, kind: number): void;
  putHead(slot: number, member: number): void;
  putStep(slot: number, member: number, index: number): void;
  getHead(slot: number, member: number): number;
  getStep(slot: number, member: number, index: number): Flag;
  hostSteps(slot: number): number;
  slotHost(slot: number): number;
  finishShutdown(
    now: number,
    slot: number,
    member: number,
    incarnation: number,
    kind: number,
  ): number;
}
