/**
 * The clocks of production, which workerd on one's own machine does not have: they stand still while
 * code runs, and move on when something from outside comes in. Here that is a timer, or a request.
 *
 * @see https://developers.cloudflare.com/workers/reference/security-model/#step-1-disallow-timers-and-multi-threading
 * @module
 */

const readers = {
  wall: Date.now.bind(Date),
  monotonic: performance.now.bind(performance),
};
const now = { wall: 0, monotonic: 0 };

Date.now = () => now.wall;
performance.now = () => now.monotonic;

/** Something came in from outside. */
export function advance(): void {
  now.wall = readers.wall();
  now.monotonic = readers.monotonic();
}

for (const name of ['setTimeout', 'setInterval'] as const) {
  const original = globalThis[name].bind(globalThis);
  const replaced = (callback: () => void, ms?: number): unknown =>
    original(() => {
      advance();
      callback();
    }, ms);
  Object.defineProperty(globalThis, name, { value: replaced });
}
