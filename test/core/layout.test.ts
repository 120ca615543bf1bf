/**
 * The layout: regions that do not overlap, words that are aligned, lines that are not shared.
 *
 * @module
 */

import { expect, it } from 'vitest';
import * as layout from '../../assembly/layout.ts';

const LINE = 128;

/** Offset, length and the width of its words. */
const REGIONS: Readonly<Record<string, readonly [at: number, length: number, width: number]>> = {
  header: [layout.AT_MAGIC, 20, 4],
  state: [layout.AT_STATE, 8, 8],
  holds: [layout.AT_HOLDS, 4, 4],
  epoch: [layout.AT_EPOCH, 4, 4],
  host: [layout.AT_HOST, 8, 8],
  latest: [layout.AT_LATEST, 8, 8],
  used: [layout.AT_USED, 4, 4],
  entered: [layout.AT_ENTERED, layout.PHASES * 8, 8],
  marks: [layout.AT_MARKS, layout.FIXED_MARKS * 8, 8],
  seen: [layout.AT_SEEN, 4, 4],
  acceptedAt: [layout.AT_ACCEPTED_AT, 8, 8],
  since: [layout.AT_SINCE, 8, 8],
  budget: [layout.AT_BUDGET, 8, 8],
  exits: [layout.AT_EXITS, 4, 4],
  age: [layout.AT_AGE, 8, 8],
  totals: [layout.AT_TOTALS, 16, 8],
  stages: [layout.AT_STAGES, layout.STAGE_CAPACITY * layout.STAGE_SIZE, 8],
  members: [layout.AT_MEMBERS, layout.MEMBER_CAPACITY * layout.MEMBER_SIZE, 8],
  texts: [layout.AT_TEXTS, layout.MEMBER_CAPACITY * 2 * layout.TEXT_SIZE, 4],
  reports: [layout.AT_REPORTS, layout.REPORT_CAPACITY * layout.REPORT_SIZE, 8],
  counts: [layout.AT_COUNTS, layout.MEMBER_CAPACITY * layout.COUNT_SIZE, 8],
};

it('has regions that are aligned, inside the pages of a lifecycle, and do not overlap', () => {
  const sorted = Object.entries(REGIONS).sort(([, [a]], [, [b]]) => a - b);
  let end = 0;
  for (const [name, [at, length, width]] of sorted) {
    expect(at % width, name).toBe(0);
    expect(at, name).toBeGreaterThanOrEqual(end);
    end = at + length;
  }
  expect(end).toBeLessThanOrEqual(layout.PAGES * 65_536);
});

it('gives every word that is written often a line of its own', () => {
  const hot = [
    ...['state', 'holds', 'epoch', 'host', 'latest', 'used', 'seen', 'acceptedAt', 'age'],
    ...['totals', 'members', 'counts'],
  ];
  const lines = hot.map((name) => (REGIONS[name]?.[0] ?? 0) / LINE);
  expect(lines.every(Number.isInteger)).toBe(true);
  expect(new Set(lines).size).toBe(hot.length);
  const sizes = [layout.MEMBER_SIZE, layout.COUNT_SIZE, layout.REPORT_SIZE, layout.STEP_SIZE];
  expect(sizes.map((size) => size % LINE)).toEqual([0, 0, 0, 0]);
});

it('has lines that are large enough for what they hold', () => {
  expect(layout.MEMBER_TRIGGER + layout.TRIGGER_BYTES).toBeLessThanOrEqual(layout.MEMBER_BOOTS);
  expect(layout.MEMBER_BOOTS + 8).toBe(layout.MEMBER_BEGAN);
  expect(layout.MEMBER_BEGAN + 8).toBe(layout.MEMBER_BUDGET);
  expect(layout.MEMBER_BUDGET + 8).toBe(layout.MEMBER_SIZE);
  expect(layout.COUNT_QUERIES + 8).toBe(layout.COUNT_WRITES_REFUSED);
  expect(layout.PHASES + 8).toBeLessThanOrEqual(layout.REFUSAL_REASONS);
  expect(layout.COUNT_WRITES_REFUSED + layout.REFUSAL_REASONS * 8).toBe(
    layout.COUNT_QUERIES_REFUSED,
  );
  expect(layout.COUNT_QUERIES_REFUSED + layout.PHASES * 8).toBeLessThanOrEqual(
    layout.COUNT_ANSWERS,
  );
  expect(layout.COUNT_ANSWERS + layout.PROBES * layout.ANSWER_CODES * 8).toBe(layout.COUNT_SIZE);
  expect(layout.HEAD_TRIGGER + layout.TRIGGER_BYTES).toBeLessThanOrEqual(
    layout.REPORT_HEAD_WORDS * 4,
  );
  expect(layout.HEAD_COMPLETED_AT + 8).toBe(layout.HEAD_TRIGGER);
  expect(layout.STEP_NAME + layout.STEP_NAME_BYTES).toBe(layout.STEP_ERROR);
  expect(layout.STEP_ERROR + layout.STEP_ERROR_BYTES).toBe(layout.STEP_SIZE);
  expect(layout.REPORT_HEAD + layout.REPORT_HEAD_WORDS * 4).toBeLessThanOrEqual(
    layout.REPORT_STEPS,
  );
  expect(layout.REPORT_STEPS + layout.REPORT_STEP_CAPACITY * layout.STEP_SIZE).toBe(
    layout.REPORT_SIZE,
  );
  expect(layout.STAGE_NAME_WORDS * 4).toBeLessThanOrEqual(layout.STAGE_MARKS_OFFSET);
  expect(layout.TEXT_BYTES).toBeLessThanOrEqual(layout.TEXT_SIZE);
  expect(layout.STEP_WORDS * 4).toBeLessThanOrEqual(layout.TEXT_SIZE);
});

it('packs STATE, HOST and the claims without overlap', () => {
  expect(layout.STATE_PHASE_MASK).toBeGreaterThanOrEqual(layout.STOPPED);
  expect(1 << layout.STATE_FIELD_SHIFT).toBe(layout.STATE_PHASE_MASK + 1);
  expect((layout.STATE_FIELD_MASK + 1) << layout.STATE_FIELD_SHIFT).toBe(layout.STATE_FAILED);
  expect(layout.STATE_FAILED << 1).toBe(1 << layout.STATE_MOVER_SHIFT);
  expect(layout.STATE_MOVER_MASK + 1).toBe(
    1 << (layout.STATE_TIME_SHIFT - layout.STATE_MOVER_SHIFT),
  );
  expect(layout.STATE_MOVER_MASK).toBeGreaterThanOrEqual(layout.MEMBER_CAPACITY);
  expect(layout.STATE_FIELD_MASK).toBeGreaterThanOrEqual(layout.REPORT_CAPACITY);
  expect((layout.BEGAN_TAG_MASK << 1) | layout.BEGAN_BY_RUNNER).toBe(layout.STATE_FIELD_MASK);
  expect(layout.HOST_MEMBER_MASK + 1).toBe(layout.HOST_STARTED);
  expect(layout.HOST_STARTED << 1).toBe(1 << layout.HOST_ACCEPTED_SHIFT);
  expect(layout.HOST_ACCEPTED_MASK).toBe(layout.HOST_MEMBER_MASK << layout.HOST_ACCEPTED_SHIFT);
  expect(layout.HOST_ACCEPTED_MASK).toBeLessThan(1 << layout.HOST_TERM_SHIFT);
  expect(layout.OWNER_ALIVE | layout.OWNER_PIPELINE | layout.OWNER_STEPS).toBe(
    (1 << layout.OWNER_TAG_SHIFT) - 1,
  );
  expect(layout.CLAIM_SEALED).toBe((layout.CLAIM_KIND_MASK + 1) << layout.CLAIM_KIND_SHIFT);
  expect(layout.CLAIM_MEMBER_MASK + 1).toBe(1 << layout.CLAIM_KIND_SHIFT);
  expect(layout.LATEST_SLOT_MASK + 1).toBe(1 << layout.LATEST_LENGTH_SHIFT);
  expect(layout.LATEST_SLOT_MASK).toBeGreaterThanOrEqual(layout.MEMBER_CAPACITY * 2);
  expect(layout.LATEST_LENGTH_MASK).toBeGreaterThanOrEqual(layout.TEXT_BYTES);
  expect(layout.PERMIT_MAX + 1).toBe(1 << layout.ADMITTED_SHIFT);
  expect(layout.PERMIT_TAKEN).toBe((1 << layout.ADMITTED_SHIFT) + 1);
  expect((layout.ADMITTED_MASK + 1) * (layout.PERMIT_MAX + 1)).toBe(2 ** layout.INCARNATION_SHIFT);
  // Behind by two deaths and what was not stored yet, the base still says which count it is.
  expect((layout.BASE_MASK + 1) * 4).toBe(layout.ADMITTED_MASK + 1);
  expect(layout.STATE_TIME_STEP).toBe(layout.STATE_PHASE_MASK + 1);
  expect(layout.INCARNATION_STEP).toBeGreaterThan(layout.MEMBER_CAPACITY);
});

it('is constants only, so that both languages read the same numbers', () => {
  for (const [name, value] of Object.entries(layout)) {
    expect(Number.isSafeInteger(value), name).toBe(true);
  }
});
