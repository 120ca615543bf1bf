/**
 * How the cases of the calls are written: what is the same in all of them is here, once.
 *
 * @module
 */

import type { Phase } from '../../src/lifecycle/phase.ts';
import type { AsyncBody, Body, Case, Group, Variant } from './case.ts';
import { type BareSubject, bareSubject, naiveSubject, type Subject, subject } from './subject.ts';

/** One call, as it is written in the other files of this folder. */
export interface Call {
  readonly what: string;
  /** The phase it is called in. Default Ready. */
  readonly phase?: Phase;
  /** True: its bodies return promises. */
  readonly isAsync?: true;
  readonly call: (subject: Subject) => Body | AsyncBody;
  /** The naive object has what is called, too. */
  readonly hasNaive?: true;
  /** The operations that the call cannot do without, with their operands at hand. */
  readonly bare?: (subject: BareSubject) => Body;
}

/** Calls by name. */
export type Calls = Readonly<Record<string, Call>>;

/** The cases of the calls of one kind. */
export function casesOf(group: Group, calls: Calls): Case[] {
  return Object.entries(calls).map(([name, given]) => {
    const variants: Variant[] = ['wasm', 'atomics'];
    if (given.hasNaive === true) variants.push('naive');
    if (given.bare !== undefined) variants.push('bare');
    return {
      name,
      group,
      what: given.what,
      variants,
      isAsync: given.isAsync ?? false,
      make: (variant) => {
        const { phase, call, hasNaive, bare } = given;
        if (variant === 'bare' && bare !== undefined) return bare(bareSubject(phase));
        if (variant === 'wasm' || variant === 'atomics') return call(subject(variant, phase));
        // It has the few methods that these calls use, and a test runs each of them.
        if (variant === 'naive' && hasNaive === true)
          return call(naiveSubject(phase) as unknown as Subject);
        throw new RangeError(`Cannot make ${name}: it has no variant ${variant}`);
      },
    };
  });
}
