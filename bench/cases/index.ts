/**
 * The cases, for a benchmark suite with a harness of its own: `tidegate/bench`. Each is a name, its
 * variants, and a function that makes the body to be measured.
 *
 * @module
 */

export type { AsyncBody, Body, Case, Group, Variant } from './case.ts';
export { VARIANTS } from './case.ts';
export { bareModule, primitives } from './primitives.ts';
export { repeat } from './repeat.ts';
export { calls } from './with-both.ts';
