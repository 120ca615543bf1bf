/**
 * One writer at a time, over all processes: `tidegate/fleet`.
 *
 * @module
 */

export type { LeaseState } from './fleet/contender.ts';
export { type FileStoreOptions, fileStore } from './fleet/file.ts';
export { type Lease, type LeaseOptions, lease } from './fleet/lease.ts';
export type { Store, StoreEntry } from './fleet/store.ts';
