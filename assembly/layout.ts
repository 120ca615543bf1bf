/**
 * The words of a lifecycle: where they are, how wide they are, who may change them.
 *
 * Constants only. AssemblyScript inlines them and TypeScript imports them, so there is one source
 * for the layout; neither backend shares code with the other beyond this file. No type
 * annotations on constants, no expressions that only one of the two languages has.
 *
 * ```text
 * three 64 KiB pages, 1536 lines of 128 bytes; u64 unless it says u32
 *
 * offset   line(s)    what                                              changed by
 * 0x00000  0          HEADER   magic u32 · version u32 · capacities u32    create, once
 * 0x00080  1          STATE    time 48 · mover 7 · failed 1 ·              compare-and-swap
 *                              report or began 5 · phase 3
 * 0x00100  2          HOLDS    raises 16 · held by the library 8 ·          or, and,
 *                              held by the application 8, u32              compare-and-swap
 * 0x00180  3          EPOCH    the futex of all who wait, u32              add, then notify
 * 0x00200  4          HOST     incarnation 32 · term 16 · free 1 ·         compare-and-swap
 *                              accepted by+1 7 · started 1 · host+1 7
 * 0x00280  5          LATEST   sequence 32 · length 8 · slot 8             store (last wins)
 * 0x00300  6          USED     member lines ever used, u32                 compare-and-swap
 * 0x00380  7          ENTERED  5 phases, entered 1 · time 63               0 -> value, once
 *                     MARKS    6 marks: restore, replay, warm-up           0 -> value, once
 * 0x00400  8          SEEN     ended 1 · failed readiness probes since     add, or
 *                              accepted 31, u32
 * 0x00480  9          BUDGET   accepted at (wall clock)                    0 -> value, once
 *                     SINCE    milliseconds since then + 1, monotonic      raise
 *                              budget in force + 1                         0 -> value, once
 *                              members that end the process, u32           add
 * 0x00500  10         AGE      milliseconds since creation, monotonic      raise
 * 0x00580  11         TOTALS   writes, queries admitted, as last read      raise
 * 0x00600  12         CHECKED  cells of CHECKS ever used, u32              compare-and-swap
 * 0x00800  16-31      STAGES   32 names (8 words u32) with 2 marks each    0 -> value, once
 * 0x01000  32-158     MEMBERS  127 lines, see below                        owner, reap
 * 0x05000  160-667    TEXTS    2 slots of 256 bytes a member, u32 words    owner
 * 0x14E00  668-931    REPORTS  8 slots of 33 lines, see below              claimer
 * 0x1D200  932-995    CHECKS   32 cells of 2 lines, see below              claimer
 * 0x20000  1024-1404  COUNTS   3 lines a member, see below                 owner
 * 0x2C000  1408-1423  LEASES   16 cells of a line, see below               claimer, watcher
 *
 * a member's line
 * +0    OWNER      incarnation 32 · tag 29 · has steps 1 · has a pipeline 1 · alive 1
 * +8    WRITES     incarnation 32 · write permits admitted 8 · held 24
 * +16   QUERIES    incarnation 32 · query permits admitted 8 · held 24
 * +24   BEAT       heartbeats so far
 * +32   SEQUENCE   texts published by this line, u32
 * +36   TRIGGER    length+1 u32, then 64 bytes as u32 words
 * +104  BOOTS      incarnation 32 · stages of the boot begun 8 · in progress 24
 * +112  BEGAN      incarnation that last called beginShutdown() 32 · 0
 * +120  BUDGET     incarnation 32 · budget of its pipeline, milliseconds 32
 *
 * a member's counts: 3 lines; they go on from one tenant of the line to the next
 * +0    BASES      write and query permits admitted, when that was last stored
 * +16   REFUSALS   writes, 5 phases and 11 holds · queries, 5 phases
 * +256  ANSWERS    4 probes with 4 status codes each
 *
 * a report slot: 33 lines of 128 bytes, all u32 words but the claim
 * +0    CLAIM      incarnation 32 · sealed 1 · kind 7 · member+1 8
 * +8    COUNT      records so far: a host's steps, ended or not
 * +12   HEAD       29 words: flags, trigger length+1, three f64 times, 64 trigger bytes
 * +128  STEPS      32 records of 32 words
 *
 * a step's record; its first word is stored last, so a record that says "ended" is whole
 * +0    STATUS     order of ending 8 (0 while it has not) · status 8
 * +4    name length, error length+1, end+1 in milliseconds since the acceptance
 * +16   duration f64 · name 32 bytes · error 72 bytes
 *
 * a check's cell: 2 lines, all u32 words but the status
 * +0    STATUS     incarnation 32 · sequence 20 · affects 2 · healthy 1 · published 1 · member+1 8
 * +8    NAME       length, then 32 bytes
 * +48   OUTCOMES   2 of 84 bytes, in turn: error length+1, since f64, error 72 bytes
 *
 * a lease's cell: a line
 * +0    STATUS     incarnation 32 · sequence 20 · state 2 · member+1 8
 * +8    UNTIL      end of its time, in microseconds of the thread that watches it
 * +16   TOKEN      the fencing token that was held last
 * +24   NAME       length u32, then 80 bytes as u32 words
 * ```
 *
 * @module
 */

/** "TIDE", little-endian: what the first word of a lifecycle says. */
export const MAGIC = 0x45444954;
/** Bumped by every change of this file; `attach` refuses any other. */
export const VERSION = 4;
/** 64 KiB pages of one lifecycle: initial and maximum alike. */
export const PAGES = 3;

// Header (u32). Capacities are words, and the binary reads them, so that a model checker can run
// the shipped binary with three members instead of 127.
export const AT_MAGIC = 0x0000;
export const AT_VERSION = 0x0004;
export const AT_MEMBER_CAPACITY = 0x0008;
export const AT_STAGE_CAPACITY = 0x000c;
export const AT_REPORT_CAPACITY = 0x0010;
export const AT_CHECK_CAPACITY = 0x0014;

export const AT_STATE = 0x0080;
export const AT_HOLDS = 0x0100;
export const AT_EPOCH = 0x0180;
export const AT_HOST = 0x0200;
export const AT_LATEST = 0x0280;
export const AT_USED = 0x0300;
export const AT_ENTERED = 0x0380;
export const AT_MARKS = 0x03a8;
export const AT_SEEN = 0x0400;
export const AT_ACCEPTED_AT = 0x0480;
export const AT_SINCE = 0x0488;
export const AT_BUDGET = 0x0490;
export const AT_EXITS = 0x0498;
export const AT_AGE = 0x0500;
/** The most permits that any reader has seen: writes, then queries. */
export const AT_TOTALS = 0x0580;
export const AT_CHECKED = 0x0600;
export const AT_STAGES = 0x0800;
export const AT_MEMBERS = 0x1000;
export const AT_TEXTS = 0x5000;
export const AT_REPORTS = 0x14e00;
export const AT_CHECKS = 0x1d200;
export const AT_COUNTS = 0x20000;
export const AT_LEASES = 0x2c000;

/** The most members that a memory can hold; the header says how many it accepts. */
export const MEMBER_CAPACITY = 127;
/** The most stages, in addition to the three named pairs of marks. */
export const STAGE_CAPACITY = 32;
/** The most finishers that write a report at the same time. */
export const REPORT_CAPACITY = 8;
/** The most checks, over all threads. */
export const CHECK_CAPACITY = 32;
/** The most names of leases, over all threads. */
export const LEASE_CAPACITY = 16;

// Phases, the numbers of contract and wire.
export const STARTING = 0;
export const READY = 1;
export const DRAINING = 2;
export const SHUTTING_DOWN = 3;
export const STOPPED = 4;

// STATE: phase in bits 0-2, in 3-7 the report slot (Stopped) or who began (ShuttingDown), failed in
// bit 8, mover in 9-15, time in 16-63.
export const STATE_FIELD_SHIFT = 3;
export const STATE_FIELD_MASK = 31;
/** Somebody said that the shutdown is a failure. Never unset. */
export const STATE_FAILED = 256;
export const STATE_MOVER_SHIFT = 9;
export const STATE_MOVER_MASK = 127;
export const STATE_TIME_SHIFT = 16;
export const STATE_PHASE_MASK = 7;
/** `state` answers `time * 8 + phase`. */
export const STATE_TIME_STEP = 8;
/** In ShuttingDown, bit 0 of the field: the runner of a pipeline began it. */
export const BEGAN_BY_RUNNER = 1;
/** Else bits 1-4 have the lowest four that differ between incarnations of the mover. */
export const BEGAN_TAG_MASK = 15;

// What `owner` answers.
/** Not in ShuttingDown: nobody owns anything. */
export const OWNED_BY_NOBODY = 0;
/** A pipeline runs, or ran until its host died. */
export const OWNED_BY_RUNNER = 1;
/** The application began it, on a thread that still takes part. */
export const OWNED_BY_APPLICATION = 2;
/** The application began it, on a thread that is gone. */
export const OWNED_BY_THE_DEAD = 3;

/** ENTERED slots: bit 63 says "entered", so that a time still unknown differs from never. */
export const ENTERED_FLAG_SHIFT = 63;
/** The number of phases, hence of ENTERED slots. */
export const PHASES = 5;
/** Marks come in pairs; these are the numbers of the three named ones, in the order of MARKS. */
export const MARK_RESTORE = 0;
export const MARK_WAL_REPLAY = 2;
export const MARK_INDEX_WARMUP = 4;
/** The pairs of the stages, two marks a cell, are numbered from here on. */
export const FIXED_MARKS = 6;
/** Within a pair. */
export const MARK_STARTED = 0;
export const MARK_READY = 1;

// HOLDS, a bit each: in 0-7 what the application holds, in 8-15 what the library holds of the same
// names and, in 13, a fleet; in 16-31 how often a failing check has raised its hold.
export const HOLD_READ_ONLY = 1;
export const HOLD_REPLICA = 2;
export const HOLD_LEASE_LOST = 4;
export const HOLD_PAUSED = 8;
export const HOLD_UNHEALTHY = 16;
export const HOLD_MASK = 31;
export const HOLD_LIBRARY_SHIFT = 8;
/** Set by checks: some may fail, and refuse writes. A thread that finds it looks at CHECKS. */
export const HOLD_CHECKS = 0x1000;
/** Set by a fleet that was not heard of for too long: it refuses as `lease_lost` does. */
export const HOLD_FLEET = 0x2000;
/** From HOLD_FLEET to HOLD_LEASE_LOST. */
export const HOLD_FLEET_SHIFT = 11;
/** Any hold, of the application or the library. */
export const HOLD_ANY = 0xffff;
export const HOLD_RAISE_STEP = 0x10000;

// Stages: 64 bytes each, 8 name words and two marks.
export const STAGE_SIZE = 64;
export const STAGE_NAME_WORDS = 8;
export const STAGE_MARKS_OFFSET = 32;
/** Four ASCII characters a word, the first in the lowest bits. */
export const STAGE_NAME_CHARACTER_BITS = 8;
export const STAGE_NAME_CHARACTER_MASK = 127;
/** Set in the last word of a name: the name is whole from then on. */
export const STAGE_NAME_END = 0x80000000;

// Members: a line each.
export const MEMBER_SIZE = 128;
export const MEMBER_OWNER = 0;
export const MEMBER_WRITES = 8;
export const MEMBER_QUERIES = 16;
export const MEMBER_BEAT = 24;
export const MEMBER_SEQUENCE = 32;
export const MEMBER_TRIGGER_LENGTH = 36;
export const MEMBER_TRIGGER = 40;
/** UTF-8 bytes kept of a trigger. */
export const TRIGGER_BYTES = 64;
export const MEMBER_BOOTS = 104;
export const MEMBER_BEGAN = 112;
export const MEMBER_BUDGET = 120;

// WRITES, QUERIES, BOOTS: held in bits 0-23, the lowest eight bits of all that were ever admitted in
// 24-31, incarnation in 32-63.
/** Most permits of one kind that one member may hold: 2^24-1. */
export const PERMIT_MAX = 0xffffff;
/** One more admitted, and held. */
export const PERMIT_TAKEN = 0x1000001;
export const ADMITTED_SHIFT = 24;
export const ADMITTED_MASK = 255;
/** The base is stored again when the lowest bits of what was admitted are all 0 under this mask. */
export const BASE_MASK = 63;

// A member's counts.
export const COUNT_SIZE = 384;
export const COUNT_WRITES = 0;
export const COUNT_QUERIES = 8;
/** Writes refused: by each phase, then by each hold, in the order of its bit. */
export const COUNT_WRITES_REFUSED = 16;
/** Queries refused, by each phase. */
export const COUNT_QUERIES_REFUSED = 144;
/** Answers of the probes: ANSWER_CODES words for each of the PROBES. */
export const COUNT_ANSWERS = 256;
export const PROBES = 4;
export const ANSWER_CODES = 4;
/** Words for writes refused: the phases, and room for eleven holds. */
export const REFUSAL_REASONS = 16;

// OWNER: alive in bit 0, pipeline in bit 1, steps in bit 2, tag in 3-31, incarnation in 32-63.
export const OWNER_ALIVE = 1;
/** It has a pipeline: it takes over when the host dies. */
export const OWNER_PIPELINE = 2;
/** It has steps, but no pipeline: it hosts what nobody with a pipeline would. */
export const OWNER_STEPS = 4;
export const OWNER_TAG_SHIFT = 3;
export const OWNER_TAG_MASK = 0x1fffffff;
export const INCARNATION_SHIFT = 32;
/** `attach` answers `incarnation * 128 + member`. */
export const INCARNATION_STEP = 128;

// HOST: host+1 in bits 0-6, started in 7, who accepted+1 in 8-14, term in 16-31, incarnation in 32-63.
export const HOST_MEMBER_MASK = 127;
/** A host has begun to run. Never unset: whoever finds it set is a successor. */
export const HOST_STARTED = 128;
export const HOST_ACCEPTED_SHIFT = 8;
export const HOST_ACCEPTED_MASK = 0x7f00;
export const HOST_TERM_SHIFT = 16;
export const HOST_TERM_MASK = 65535;

/** SEEN: the pre-drain was ended by hand. */
export const SEEN_ENDED = 0x80000000;

// Texts: two slots a member; LATEST has the slot in bits 0-7, the length in 8-15, the sequence
// in 32-63.
export const TEXT_SIZE = 256;
/** UTF-8 bytes kept of a reason. */
export const TEXT_BYTES = 240;
export const LATEST_SLOT_MASK = 255;
export const LATEST_LENGTH_SHIFT = 8;
export const LATEST_LENGTH_MASK = 255;
export const LATEST_SEQUENCE_SHIFT = 32;

// Reports.
export const REPORT_SIZE = 4224;
export const REPORT_CLAIM = 0;
export const REPORT_COUNT = 8;
export const REPORT_HEAD = 12;
export const REPORT_HEAD_WORDS = 29;
export const REPORT_STEPS = 128;
/** Steps a report has room for. */
export const REPORT_STEP_CAPACITY = 32;
export const STEP_SIZE = 128;
export const STEP_WORDS = 32;
/** A slot claimed by a host, whose steps a successor takes over. */
export const CLAIM_HOST = 1;
/** A slot claimed by a caller of finishShutdown(), whose steps concern nobody before Stopped. */
export const CLAIM_FINISHER = 2;
export const CLAIM_KIND_SHIFT = 8;
export const CLAIM_KIND_MASK = 127;
export const CLAIM_MEMBER_MASK = 255;
/** The claim is final: the slot may be the published one. */
export const CLAIM_SEALED = 0x8000;

// The head of a report, byte offsets from HEAD; flags, then lengths and texts, and times as f64.
export const HEAD_FLAGS = 0;
export const FLAG_FLUSHED_WAL = 1;
export const FLAG_FINAL_CHECKPOINT = 2;
export const FLAG_BACKUP_UPLOADED = 4;
export const FLAG_DRAINED = 8;
export const FLAG_TAKEN_OVER = 16;
export const FLAG_FAILED = 32;
export const HEAD_TRIGGER_LENGTH = 4;
export const HEAD_DURATION = 8;
export const HEAD_STARTED_AT = 16;
export const HEAD_COMPLETED_AT = 24;
export const HEAD_TRIGGER = 32;

// A step's record, byte offsets.
export const STEP_STATUS = 0;
export const STEP_ORDER_SHIFT = 8;
export const STEP_STATUS_MASK = 255;
export const STEP_NAME_LENGTH = 4;
export const STEP_ERROR_LENGTH = 8;
export const STEP_END = 12;
export const STEP_DURATION = 16;
export const STEP_NAME = 24;
export const STEP_ERROR = 56;
/** UTF-8 bytes of a step's name. */
export const STEP_NAME_BYTES = 32;
/** UTF-8 bytes kept of a step's error. */
export const STEP_ERROR_BYTES = 72;
// Statuses: the first four are in reports, the last two are of steps that have not ended.
export const STEP_OK = 0;
export const STEP_FAILED = 1;
export const STEP_SKIPPED = 2;
export const STEP_TIMED_OUT = 3;
export const STEP_PENDING = 4;
export const STEP_RUNNING = 5;

// Checks. What is staged is an outcome, and behind it a name.
export const CHECK_SIZE = 256;
export const CHECK_NAME = 8;
export const CHECK_OUTCOMES = 48;
/** UTF-8 bytes of a check's name. */
export const CHECK_NAME_BYTES = 32;
/** UTF-8 bytes kept of a check's error. */
export const CHECK_ERROR_BYTES = 72;
/** An outcome, byte offsets. */
export const OUTCOME_SIZE = 84;
export const OUTCOME_ERROR_LENGTH = 0;
export const OUTCOME_SINCE = 4;
export const OUTCOME_ERROR = 12;
// STATUS: member+1 in bits 0-7, published in 8, healthy in 9, what it affects in 10-11, sequence in
// 12-31, incarnation in 32-63.
export const CHECK_MEMBER_MASK = 255;
/** The cell has a name and an outcome. */
export const CHECK_PUBLISHED = 256;
export const CHECK_HEALTHY = 512;
/** It fails readiness; the two bits have no other values than these three. */
export const CHECK_AFFECTS_READY = 0;
/** It refuses writes. */
export const CHECK_AFFECTS_WRITE = 1024;
/** It is shown, and does nothing. */
export const CHECK_AFFECTS_NOTHING = 2048;
export const CHECK_AFFECTS_MASK = 3072;
export const CHECK_SEQUENCE_SHIFT = 12;
export const CHECK_SEQUENCE_MASK = 0xfffff;

// Leases. A cell keeps its name for good, and its hold when nobody contends any more.
export const LEASE_SIZE = 128;
export const LEASE_UNTIL = 8;
export const LEASE_TOKEN = 16;
export const LEASE_NAME_LENGTH = 24;
export const LEASE_NAME = 28;
/** UTF-8 bytes of a lease's name. */
export const LEASE_NAME_BYTES = 80;
// STATUS: member+1 in bits 0-7, 0 when nobody contends; state in 8-9, sequence in 12-31, incarnation
// in 32-63.
export const LEASE_MEMBER_MASK = 255;
/** Writes are admitted. */
export const LEASE_HELD = 256;
/** It wants the hold `replica`. */
export const LEASE_WAITING = 512;
/** It wants the hold `lease_lost`. */
export const LEASE_LOST = 768;
export const LEASE_STATE_MASK = 768;
export const LEASE_SEQUENCE_STEP = 4096;

// What `enter` answers.
export const ADMITTED = 0;
/** The phase refuses; the caller reads which it is. */
export const REFUSED_PHASE = 1;
/** A write hold refuses. */
export const REFUSED_HOLD = 2;
/** This member was reaped; its object is of no more use. */
export const REFUSED_REAPED = 3;
/** More permits held than a word can count. */
export const REFUSED_FULL = 4;
