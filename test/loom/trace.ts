/**
 * Violations, and how they came about: the schedule, step by step, in the words of the layout.
 *
 * @module
 */

import * as layout from '../../assembly/layout.ts';
import type { Operation } from './operations.ts';

/** One step of a schedule. */
export interface Step {
  readonly thread: number;
  readonly call: string;
  readonly operation: Operation;
  /** The word before and after. */
  readonly before: bigint;
  readonly after: bigint;
  /** The thread died here instead. */
  readonly died: boolean;
}

/** A property that does not hold, and a shortest schedule that shows it. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly property: 'invariant' | 'step' | 'final' | 'stuck' | 'solo' | 'linearizable';
  readonly steps: readonly Step[];

  constructor(property: Violation['property'], what: string, steps: readonly Step[]) {
    super([`${property}: ${what}`, ...steps.map(line)].join('\n'));
    this.property = property;
    this.steps = steps;
  }
}

function line({ thread, call, operation, before, after, died }: Step): string {
  const who = `  ${'ABCDEFGH'[thread] ?? thread} ${call.padEnd(28)}`;
  const { kind, address } = operation;
  if (died) return `${who} dies before ${kind} ${wordName(address)}`;
  const change = before === after ? hex(before) : `${hex(before)} -> ${hex(after)}`;
  return `${who} ${kind.padEnd(8)} ${wordName(address).padEnd(22)} ${change}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

const WORDS: Readonly<Record<number, string>> = {
  [layout.AT_STATE]: 'STATE',
  [layout.AT_HOLDS]: 'HOLDS',
  [layout.AT_EPOCH]: 'EPOCH',
  [layout.AT_HOST]: 'HOST',
  [layout.AT_LATEST]: 'LATEST',
  [layout.AT_USED]: 'USED',
  [layout.AT_SEEN]: 'SEEN',
  [layout.AT_ACCEPTED_AT]: 'ACCEPTED at',
  [layout.AT_SINCE]: 'SINCE',
  [layout.AT_EXITS]: 'EXITS',
  [layout.AT_AGE]: 'AGE',
  [layout.AT_BUDGET]: 'BUDGET',
  [layout.AT_MEMBER_CAPACITY]: 'capacity of members',
  [layout.AT_STAGE_CAPACITY]: 'capacity of stages',
  [layout.AT_REPORT_CAPACITY]: 'capacity of reports',
};

const FIELDS: Readonly<Record<number, string>> = {
  [layout.MEMBER_OWNER]: 'OWNER',
  [layout.MEMBER_WRITES]: 'WRITES',
  [layout.MEMBER_QUERIES]: 'QUERIES',
  [layout.MEMBER_BEAT]: 'BEAT',
  [layout.MEMBER_SEQUENCE]: 'SEQUENCE',
  [layout.MEMBER_TRIGGER_LENGTH]: 'TRIGGER length',
  [layout.MEMBER_BOOTS]: 'BOOTS',
  [layout.MEMBER_BEGAN]: 'BEGAN',
  [layout.MEMBER_BUDGET]: 'BUDGET',
};

/** The name of the word at an address. */
export function wordName(address: number): string {
  const known = WORDS[address];
  if (known !== undefined) return known;
  const within = (from: number, length: number): boolean =>
    address >= from && address < from + length;
  const indexed = (name: string, from: number, size: number, field: (at: number) => string) => {
    const index = Math.floor((address - from) / size);
    return `${name}[${index}] ${field((address - from) % size)}`;
  };
  if (within(layout.AT_ENTERED, layout.PHASES * 8)) {
    return `ENTERED[${(address - layout.AT_ENTERED) / 8}]`;
  }
  if (within(layout.AT_MARKS, layout.FIXED_MARKS * 8)) {
    return `MARKS[${(address - layout.AT_MARKS) / 8}]`;
  }
  if (within(layout.AT_STAGES, layout.STAGE_CAPACITY * layout.STAGE_SIZE)) {
    return indexed('STAGES', layout.AT_STAGES, layout.STAGE_SIZE, (at) =>
      at < layout.STAGE_MARKS_OFFSET ? `name ${at / 4}` : `mark ${at - layout.STAGE_MARKS_OFFSET}`,
    );
  }
  if (within(layout.AT_MEMBERS, layout.MEMBER_CAPACITY * layout.MEMBER_SIZE)) {
    return indexed(
      'MEMBERS',
      layout.AT_MEMBERS,
      layout.MEMBER_SIZE,
      (at) => FIELDS[at] ?? `+${at}`,
    );
  }
  if (within(layout.AT_TEXTS, layout.MEMBER_CAPACITY * 2 * layout.TEXT_SIZE)) {
    return indexed('TEXTS', layout.AT_TEXTS, layout.TEXT_SIZE, (at) => `+${at}`);
  }
  if (within(layout.AT_REPORTS, layout.REPORT_CAPACITY * layout.REPORT_SIZE)) {
    return indexed('REPORTS', layout.AT_REPORTS, layout.REPORT_SIZE, (at) =>
      at === layout.REPORT_CLAIM ? 'CLAIM' : at === layout.REPORT_COUNT ? 'COUNT' : `+${at}`,
    );
  }
  return `0x${address.toString(16)}`;
}
