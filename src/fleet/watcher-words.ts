/**
 * The words between a thread that contends for leases and the thread that watches their time.
 *
 * @module
 */

/** What ends the sleep of the watcher when it changes. */
export const AT_WAKE = 0;
/** 1 once the watcher is to end. */
export const AT_ENDED = 1;
/** 32-bit words. */
export const CONTROL_WORDS = 2;

/** In a millisecond. */
export const MICROSECONDS = 1_000;
