/**
 * How a lease stands, for those who show it. Types only; nothing runs.
 *
 * @module
 */

export type { LeaseSnapshot, LeaseState } from '../core/lease-cells.ts';
