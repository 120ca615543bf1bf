/**
 * The words of the memory, each with its width: the layout's diagram as a table that a test can hold
 * against what the code does. It runs nothing.
 *
 * @module
 */

import * as layout from '../../assembly/layout.ts';

/** A run of words of one width, again every `stride` bytes. */
export interface Words {
  readonly name: string;
  readonly at: number;
  readonly bits: 32 | 64;
  readonly count: number;
  readonly stride?: number;
  readonly times?: number;
}

const members = { stride: layout.MEMBER_SIZE, times: layout.MEMBER_CAPACITY };
const counts = { stride: layout.COUNT_SIZE, times: layout.MEMBER_CAPACITY };
const reports = { stride: layout.REPORT_SIZE, times: layout.REPORT_CAPACITY };
const checks = { stride: layout.CHECK_SIZE, times: layout.CHECK_CAPACITY };
const leases = { stride: layout.LEASE_SIZE, times: layout.LEASE_CAPACITY };
const stages = { stride: layout.STAGE_SIZE, times: layout.STAGE_CAPACITY };
const member = (at: number): number => layout.AT_MEMBERS + at;

/** All that is ever accessed. */
export const WORDS: readonly Words[] = [
  { name: 'HEADER', at: layout.AT_MAGIC, bits: 32, count: 6 },
  { name: 'STATE', at: layout.AT_STATE, bits: 64, count: 1 },
  { name: 'HOLDS', at: layout.AT_HOLDS, bits: 32, count: 1 },
  { name: 'EPOCH', at: layout.AT_EPOCH, bits: 32, count: 1 },
  { name: 'HOST', at: layout.AT_HOST, bits: 64, count: 1 },
  { name: 'LATEST', at: layout.AT_LATEST, bits: 64, count: 1 },
  { name: 'USED', at: layout.AT_USED, bits: 32, count: 1 },
  { name: 'ENTERED', at: layout.AT_ENTERED, bits: 64, count: layout.PHASES },
  { name: 'MARKS', at: layout.AT_MARKS, bits: 64, count: layout.FIXED_MARKS },
  { name: 'SEEN', at: layout.AT_SEEN, bits: 32, count: 1 },
  { name: 'ACCEPTED, SINCE, BUDGET', at: layout.AT_ACCEPTED_AT, bits: 64, count: 3 },
  { name: 'EXITS', at: layout.AT_EXITS, bits: 32, count: 1 },
  { name: 'AGE', at: layout.AT_AGE, bits: 64, count: 1 },
  { name: 'TOTALS', at: layout.AT_TOTALS, bits: 64, count: 2 },
  { name: 'CHECKED', at: layout.AT_CHECKED, bits: 32, count: 1 },
  {
    name: 'STAGES, names',
    at: layout.AT_STAGES,
    bits: 32,
    count: layout.STAGE_NAME_WORDS,
    ...stages,
  },
  {
    name: 'STAGES, marks',
    at: layout.AT_STAGES + layout.STAGE_MARKS_OFFSET,
    bits: 64,
    count: 2,
    ...stages,
  },
  { name: 'OWNER to BEAT', at: member(layout.MEMBER_OWNER), bits: 64, count: 4, ...members },
  {
    name: 'SEQUENCE, TRIGGER',
    at: member(layout.MEMBER_SEQUENCE),
    bits: 32,
    count: 18,
    ...members,
  },
  { name: 'BOOTS to BUDGET', at: member(layout.MEMBER_BOOTS), bits: 64, count: 3, ...members },
  {
    name: 'TEXTS',
    at: layout.AT_TEXTS,
    bits: 32,
    count: (layout.MEMBER_CAPACITY * 2 * layout.TEXT_SIZE) / 4,
  },
  { name: 'CLAIM', at: layout.AT_REPORTS + layout.REPORT_CLAIM, bits: 64, count: 1, ...reports },
  {
    name: 'the rest of a report',
    at: layout.AT_REPORTS + layout.REPORT_COUNT,
    bits: 32,
    count: (layout.REPORT_SIZE - layout.REPORT_COUNT) / 4,
    ...reports,
  },
  { name: 'STATUS', at: layout.AT_CHECKS, bits: 64, count: 1, ...checks },
  {
    name: 'the rest of a check',
    at: layout.AT_CHECKS + layout.CHECK_NAME,
    bits: 32,
    count: (layout.CHECK_SIZE - layout.CHECK_NAME) / 4,
    ...checks,
  },
  { name: 'COUNTS', at: layout.AT_COUNTS, bits: 64, count: layout.COUNT_SIZE / 8, ...counts },
  { name: 'LEASES', at: layout.AT_LEASES, bits: 64, count: layout.LEASE_TOKEN / 8 + 1, ...leases },
  {
    name: 'the rest of a lease',
    at: layout.AT_LEASES + layout.LEASE_NAME_LENGTH,
    bits: 32,
    count: 1 + layout.LEASE_NAME_BYTES / 4,
    ...leases,
  },
];

/** The width at each address where a word begins, and its name. @throws if two words overlap */
export function widths(): Map<number, { readonly width: number; readonly name: string }> {
  const found = new Map<number, { width: number; name: string }>();
  const taken = new Map<number, string>();
  for (const { name, at, bits, count, stride = 0, times = 1 } of WORDS) {
    const width = bits / 8;
    for (let turn = 0; turn < times; turn++) {
      for (let index = 0; index < count; index++) {
        const address = at + turn * stride + index * width;
        found.set(address, { width, name });
        for (let byte = address; byte < address + width; byte += 4) {
          const other = taken.get(byte);
          if (other !== undefined) throw new Error(`${name} overlaps ${other} at ${byte}`);
          taken.set(byte, name);
        }
      }
    }
  }
  return found;
}
