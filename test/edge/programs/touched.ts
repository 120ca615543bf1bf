/**
 * Imported before the package: notes what is touched while modules are evaluated, when the edge has
 * no clock, no timer and no randomness, and whether `Atomics.waitAsync` is ever touched.
 *
 * @module
 */

/** What was touched at module scope, and `Atomics.waitAsync` at any time. */
export const touched: string[] = [];

/** The clock as an application has it, which may look at it whenever it likes. */
export const dateNow: () => number = Date.now;

const undo: (() => void)[] = [];

/** Ends the watch over the module scope: the first event has come. */
export function begun(): void {
  for (const restore of undo.splice(0)) restore();
}

watch(Date, 'now');
watch(performance, 'now');
watch(Math, 'random');
watch(crypto, 'getRandomValues');
watch(crypto, 'randomUUID');
watch(globalThis, 'setTimeout');
watch(globalThis, 'setInterval');
watch(globalThis, 'queueMicrotask');
// Looked up, and not only called: it is there, and must be left alone.
Object.defineProperty(Atomics, 'waitAsync', {
  get: () => {
    touched.push('Atomics.waitAsync');
    return undefined;
  },
});

function watch(owner: object, name: string): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') throw new Error(`There is no ${name} to watch`);
  const replace = (value: unknown): void => {
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  };
  replace((...args: unknown[]) => {
    touched.push(name);
    return Reflect.apply(original, owner, args);
  });
  undo.push(() => replace(original));
}
