/**
 * The types of `build.js`.
 *
 * @module
 */

/** The text of `bench/workload.js`, made from the sources as they are now. */
export function workload(): Promise<string>;
