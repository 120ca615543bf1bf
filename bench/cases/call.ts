/**
 * How the cases of the calls are written: what is the same in all of them is here, once.
 *
 * @module
 */

import type { Phase } from '../../src/lifecycle/phase.ts';
import type { AsyncBody, Body, Case, Group, Variant } from './case.ts';
import {
  type BareSubject,
  bareSubject,
  type NaiveSubject,
  naiveSubject,
  type Subject,
  subject,
} from './subject.ts';

/** One call, as it is written in the other files of this folder. */
export interface Call {
  readonly what: string;
  /** The phase it is called in. Default Ready. */
  readonly phase?: Phase;
  /** True: its bodies return promises. */
  readonly isAsync?: true;
  readonly call: (subject: Subject) => Body | AsyncBody;
  readonly naive?: (subject: NaiveSubject) => Body;
  /** The operations that the call cannot do without, with their operands at hand. */
  readonly bare?: (subject: BareSubject) => Body;
}

/** Calls by name. */
export type Calls = Readonly<Record<string, Call>>;

/** The cases of the calls of one kind. */
export function casesOf(group: Group, calls: Calls): Case[] {
  return Object.entries(calls).map(([name, given]) => {
    const variants: Variant[] = ['wasm', 'atomics'];
    if (given.naive !== undefined) variants.push('naive');
    if (given.bare !== undefined) variants.push('bare');
    return {
      name,
      group,
      what: given.what,
      variants,
      isAsync: given.isAsync ?? false,
      make: (variant) => {
        const { phase, call, naive, bare } = given;
        if (variant === 'naive' && naive !== undefined) return naive(naiveSubject(phase));
        if (variant === 'bare' && bare !== undefined) return bare(bareSubject(phase));
        if (variant === 'wasm' || variant === 'atomics') return call(subject(variant, phase));
        throw new RangeError(`Cannot make ${name}: it has no variant ${variant}`);
      },
    };
  });
}
