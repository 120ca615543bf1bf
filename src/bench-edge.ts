/**
 * `tidegate/bench` in an isolate on the edge (the export condition `workerd`): the values of
 * `bench.ts`, over imported binaries and unshared memory. Its clock stands still while code runs, so
 * the time is taken outside: see `bench/PITFALLS.md`.
 *
 * @module
 */

export {
  type AsyncBody,
  type Body,
  type Case,
  type Group,
  VARIANTS,
  type Variant,
} from '../bench/cases/case.ts';
export { calls, primitives } from '../bench/cases/imported.ts';
export { bareModule } from '../bench/cases/primitives.ts';
export { repeat } from '../bench/cases/repeat.ts';
