/**
 * What a backend does: the operations of the protocol over one memory, as the binary exports
 * them. Numbers in, numbers out. What each operation guarantees, and why, is written where the wasm
 * backend has it, in `assembly/`; the atomics backend is its twin.
 *
 * @module
 */

/** 1 for true, 0 for false, as WebAssembly has it. */
export type Flag = 0 | 1;

/** Which code touches the memory. */
export type Backend = 'wasm' | 'atomics';

/**
 * The protocol. `member` is the number of a member and `incarnation` its incarnation, as `attach` gave
 * them; times are wall-clock milliseconds, 0 for none; lengths are UTF-8 bytes in the member's staging
 * place, -1 for no text.
 */
export interface Core {
  // header.ts
  /** Makes zeroed memory a lifecycle in Starting, with these capacities. */
  create(now: number, members: number, stages: number, reports: number, checks: number): void;

  // age.ts
  /** The age in milliseconds, at least `own`; stores it where that is more than `slack` ahead. */
  age(own: number, slack: number): number;
  /** The same with the milliseconds since the acceptance plus one; 0 while nobody counts them. */
  sinceAcceptance(own: number, slack: number): number;

  // state.ts
  /** The phase. */
  phase(): number;
  /** The time of the phase and the phase, as `time * STATE_TIME_STEP + phase`. */
  state(): number;
  /** When a phase was entered; -1 never, 0 while the clock had no time yet. */
  enteredAt(phase: number): number;
  /** The report slot of a Stopped lifecycle; -1 in any other phase. */
  stoppedReport(): number;
  /** Starting to Ready: 1 if this call made the move. */
  markReady(now: number, member: number): Flag;
  /** Ready to Draining: 1 if this call made the move. */
  markDraining(now: number, member: number): Flag;
  /** To ShuttingDown for an application, which owns it then: 1 if this call made the move. */
  beginShutdown(now: number, member: number, incarnation: number): Flag;
  /** To ShuttingDown for the runner of a pipeline: 1 if this call made the move. */
  runShutdown(now: number, member: number): Flag;
  /** Whose the shutdown is: one of OWNED_BY_*. */
  owner(): number;
  /** Says that the shutdown is a failure: 0 once it is over. */
  noteFailure(): Flag;
  /** 1 if somebody said so in time. */
  hasFailed(): Flag;
  /** Gives a time to all that was entered while the clock read 0. */
  settle(now: number): void;

  // marks.ts
  /** The time of a mark; 0 if it is not set. */
  markedAt(index: number): number;
  /** Sets a mark: 1 if this call did. */
  mark(index: number, time: number): Flag;
  /** The cell of the stage with the staged name; -1 if every cell has another name. */
  stage(member: number, length: number): number;
  /** A word of the name of a cell; the last one has the bit STAGE_NAME_END. */
  stageWord(cell: number, index: number): number;

  // texts.ts
  /** The address of the member's staging place, until its next `publishReason`. */
  staging(member: number): number;
  /** Publishes the staged text as the reason, in Starting. */
  publishReason(member: number, length: number): void;
  /** Copies the reason to the staging place: its length, -1 without one. */
  readReason(member: number): number;

  // members.ts
  /** Takes a line: `incarnation * INCARNATION_STEP + member`; -1 if none is free. */
  attach(tag: number): number;
  /** Frees the line of a member that is gone: 1 if this call did. */
  reap(member: number, incarnation: number): Flag;
  /** The incarnation that has the line; 0 while it is free. */
  incarnationOf(member: number): number;
  /** What `attach` was given. */
  tagOf(member: number): number;
  /** How many lines have ever been used. */
  membersUsed(): number;
  /** Stores the number of a heartbeat. */
  beat(member: number, count: number): void;
  /** The number of the last heartbeat; 0 before the first. */
  beatOf(member: number): number;

  // permits.ts
  /** Admits a write: ADMITTED, or one of REFUSED_*. */
  enterWrite(member: number, incarnation: number): number;
  /** Admits a query: ADMITTED, or one of REFUSED_*. */
  enterQuery(member: number, incarnation: number): number;
  /** Releases a write: 0 if the member was reaped. */
  leaveWrite(member: number, incarnation: number): Flag;
  /** Releases a query: 0 if the member was reaped. */
  leaveQuery(member: number, incarnation: number): Flag;
  /** Admits a stage of the boot: ADMITTED, or one of REFUSED_*. */
  enterBoot(member: number, incarnation: number): number;
  /** Ends a stage of the boot: 0 if the member was reaped. */
  leaveBoot(member: number, incarnation: number): Flag;
  /** Stages of the boot in progress over all members. */
  bootsOut(): number;
  /** What would refuse a write now: one of REFUSED_*, or ADMITTED. */
  writeRefusal(): number;
  /** Writes that a member holds. */
  writesOf(member: number): number;
  /** Queries that a member holds. */
  queriesOf(member: number): number;
  /** Writes held over all members. */
  writesOut(): number;
  /** Queries held over all members. */
  queriesOut(): number;
  /** Sets holds of the application: those of them that were set before. */
  hold(bits: number): number;
  /** Clears holds of the application: those of them that were set. */
  unhold(bits: number): number;

  // checks.ts
  /** Takes a cell for the staged outcome and name; -1 if living members have them all. */
  addCheck(member: number, incarnation: number, bits: number): number;
  /** Publishes the staged outcome: 0 if the cell is not this member's. */
  reportCheck(cell: number, member: number, incarnation: number, bits: number): Flag;
  /** Frees a cell: 0 if it is not this member's. */
  dropCheck(cell: number, member: number, incarnation: number): Flag;
  /** How many cells have ever been used. */
  checksUsed(): number;
  /** Bits and sequence of a check, which change with every outcome; 0 if the cell is free. */
  checkStatus(cell: number): number;
  /** The same, with outcome and name copied to the staging place. */
  readCheck(cell: number, member: number): number;
  /** The holds that refuse writes, of the application and of the library. */
  holds(): number;

  // counts.ts
  /** Counts an answer of a probe: probe * ANSWER_CODES + code. */
  countAnswer(member: number, index: number): void;

  // totals.ts
  /** Writes admitted so far; no answer is smaller than one before, on any thread. */
  writesAdmitted(): number;
  /** Queries admitted so far; no answer is smaller than one before, on any thread. */
  queriesAdmitted(): number;
  /** Writes refused for a phase, or for PHASES + the bit of a hold. */
  writesRefused(reason: number): number;
  /** Queries refused for a phase. */
  queriesRefused(phase: number): number;
  /** Answers of a probe: probe * ANSWER_CODES + code. */
  answers(index: number): number;

  // epoch.ts
  /** The number to wait on. */
  epoch(): number;
  /** Blocks until the number is another: 0 woken, 1 not equal, 2 timed out. */
  waitEpoch(expected: number, timeoutMs: number): number;

  // host.ts
  /** Makes this member the host unless a living one is: its term, or -1. */
  takeHost(member: number, incarnation: number, budget: number): number;
  /** The host of a term starts to run: 0 the first to do so, 1 a successor, -1 not the host. */
  startRun(member: number, incarnation: number, term: number): number;
  /** 1 while that term of this member lasts. */
  hosting(member: number, incarnation: number, term: number): Flag;
  /** Gives the host's place back: 0 if this is not the host, or a shutdown was accepted. */
  leaveHost(member: number, incarnation: number): Flag;
  /** Accepts a shutdown with the staged trigger: 1 if this call did. */
  acceptShutdown(member: number, length: number): Flag;
  /** 1 once a shutdown was accepted. */
  isAccepted(): Flag;
  /** Copies the trigger of the accepted shutdown to the staging place: its length, -1 without one. */
  readTrigger(member: number): number;
  /** The member that hosts; -1 without one. */
  hostMember(): number;
  /** Says what this member would host with: 0 if it was reaped. */
  setStandby(member: number, incarnation: number, rank: number): Flag;
  /** How many living members have any of these ranks. */
  standbys(ranks: number): number;
  /** Stamps the time of the acceptance, once: what is stamped; 0 only asks. */
  stampAcceptedAt(time: number): number;
  /** Stamps the budget in force plus one, once: what is stamped; 0 only asks. */
  stampBudget(budget: number): number;
  /** The budget of the host's pipeline plus one; 0 without a host. */
  hostBudget(): number;
  /** Adds to the number of those who end the process: the sum before. */
  exits(change: number): number;
  /** Ends the pre-drain, even before it has started. */
  endPreDrain(): void;
  /** 1 once it was ended so. */
  isPreDrainEnded(): Flag;
  /** Counts a readiness probe that saw the accepted shutdown. */
  noteProbe(): void;
  /** How many did. */
  probesSeen(): number;

  // reports.ts
  /** Claims a report slot for CLAIM_HOST or CLAIM_FINISHER; -1 if living members have them all. */
  claimReport(member: number, incarnation: number, kind: number): number;
  /** Gives a slot back that was not published. */
  dropReport(slot: number, member: number, incarnation: number, kind: number): void;
  /** Stores the staged head of a report. */
  putHead(slot: number, member: number): void;
  /** Stores the staged record of a step; past the last place it does nothing. */
  putStep(slot: number, member: number, index: number): void;
  /** Copies a head to the staging place: the number of records. */
  getHead(slot: number, member: number): number;
  /** Copies a record to the staging place: 0 if the slot changed hands meanwhile. */
  getStep(slot: number, member: number, index: number): Flag;
  /** How many records a host, dead or alive, has in a slot; 0 if no host has it. */
  hostSteps(slot: number): number;
  /** The living member that has a slot as a host; -1 without one. */
  slotHost(slot: number): number;
  /** To Stopped with the report in a slot: 1 made, 0 Stopped already, -1 the slot is another's. */
  finishShutdown(
    now: number,
    slot: number,
    member: number,
    incarnation: number,
    kind: number,
  ): number;
}
