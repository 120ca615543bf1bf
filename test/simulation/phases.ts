/**
 * The phases by their numbers (docs/contract.md, §1).
 *
 * @module
 */

export const READY = 1;
export const DRAINING = 2;
export const SHUTTING_DOWN = 3;
export const STOPPED = 4;
