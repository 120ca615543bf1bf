/**
 * Components that are started in the order of what they need, and stopped in reverse: `tidegate/compose`.
 *
 * @module
 */

export type {
  CheckContext,
  ComponentCheck,
  ComponentOf,
  StartContext,
  StopContext,
} from './compose/component.ts';
export { type Component, type Components, type Context, compose } from './compose/compose.ts';
