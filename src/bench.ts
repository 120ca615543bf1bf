/**
 * The benchmark cases, without a harness: `tidegate/bench`.
 *
 * @module
 */

export {
  type AsyncBody,
  type Body,
  bareModule,
  type Case,
  calls,
  type Group,
  primitives,
  repeat,
  VARIANTS,
  type Variant,
} from '../bench/cases/index.ts';
