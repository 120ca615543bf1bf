/**
 * Waits for others on a busy machine, counting only the time in which this event loop ran. Where
 * our loop was held up, so were those we wait for: they share the machine. It waits for no event.
 *
 * @module
 */

/** A slice that took this much longer than it should was held up, and counts for two at most. */
const SLICE_MS = 10;

/** Resolves after `ms` on an idle machine, and later on one where timers are late. */
export async function patience(ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; ) {
    const beganMs = performance.now();
    await sleep(Math.min(leftMs, SLICE_MS));
    leftMs -= Math.min(performance.now() - beganMs, 2 * SLICE_MS);
  }
}

/** Some turns of the loop, so that what had arrived before is read. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await sleep(0);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
