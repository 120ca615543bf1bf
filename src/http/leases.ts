/**
 * Leases as answers have them: the one that decides, and each in words. Who contends for one is not
 * known here.
 *
 * @module
 */

import type { LeaseSnapshot, LeaseState } from '../lifecycle/lease-state.ts';

/** All of them, in the order in which they are told. */
export const LEASE_STATES: readonly LeaseState[] = ['held', 'waiting', 'lost'];

/** A lease of the process; of several, the first that is not held, which is the one that refuses writes. */
export function decidingLease(leases: readonly LeaseSnapshot[]): LeaseSnapshot | undefined {
  return leases.find(({ state }) => state !== 'held') ?? leases[0];
}

/** As in `orders: held, token 3`. */
export function leaseText({ name, state, token }: LeaseSnapshot): string {
  return `${name}: ${state}${token === null ? '' : `, token ${token}`}`;
}
