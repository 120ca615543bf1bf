/**
 * Timers that keep no process alive, on runtimes where timers do so by default. What a timer does
 * is decided by its owner.
 *
 * @module
 */

/** Node and Bun have it on the timer, Deno by the timer's number. Returns the timer. */
export function unreference<T extends ReturnType<typeof setTimeout>>(timer: T): T {
  const { Deno } = globalThis as { readonly Deno?: { unrefTimer(id: number): void } };
  // Without the types of a runtime a timer is a number, and with them it is what that runtime has.
  const held: unknown = timer;
  if (typeof held === 'object') (held as { unref?(): void } | null)?.unref?.();
  else Deno?.unrefTimer(held as number);
  return timer;
}
