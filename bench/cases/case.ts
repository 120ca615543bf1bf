/**
 * What a case is: a call, or what that call would cost without tidegate. Written once, for every
 * runtime, and without a harness: {@link Case.make} gives a function, and a harness calls it.
 *
 * @module
 */

/** Something to measure. It stores what it got, so it cannot be optimised away. */
export type Body = () => void;

/** The same, for what ends later. */
export type AsyncBody = () => Promise<void>;

/** Gives back what it is given: a place for the type of a body, and a line less for each of them. */
export const body = <T extends Body | AsyncBody>(measured: T): T => measured;

/**
 * Who does the work.
 *
 * - `wasm`, `atomics`: a {@link Lifecycle} on that backend
 * - `naive`: a JavaScript object without atomics, for one thread
 * - `bare`: the `Atomics` operations that the call cannot do without, and nothing around them
 * - `control`: not a call at all; what others are divided by
 */
export type Variant = 'wasm' | 'atomics' | 'naive' | 'bare' | 'control';

/** All variants, in the order of the tables. */
export const VARIANTS: readonly Variant[] = ['wasm', 'atomics', 'naive', 'bare', 'control'];

/** What kind of call a case is. */
export type Group = 'control' | 'read' | 'mark' | 'transition' | 'gate' | 'text' | 'wait' | 'seat';

/** One thing to measure, in one variant or more. */
export interface Case {
  /**
   * Unique, without commas, and stable: a name is never given to another call, and one that goes is
   * in the changelog. The command line and the results use it, too.
   */
  readonly name: string;
  readonly group: Group;
  /** One line for a table. */
  readonly what: string;
  readonly variants: readonly Variant[];
  /** True: its bodies return promises. Of one case either all do, or none does. */
  readonly isAsync: boolean;
  /**
   * A fresh body. What it needs is made here, outside of what is measured.
   *
   * @throws {RangeError} for a variant that the case does not have
   */
  make(variant: Variant): Body | AsyncBody;
}
