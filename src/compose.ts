/**
 * Components that are started in the order of what they need, and stopped in reverse: `tidegate/compose`.
 *
 * @module
 */

export type {
  ComponentCheck,
  ComponentOf,
  StartContext,
  StopContext,
} from './compose/component.ts';
export { type Component, type Components, type Context, compose } from './compose/compose.ts';
export type { CheckContext } from './lifecycle/check-run.ts';
