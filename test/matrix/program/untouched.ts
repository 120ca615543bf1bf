/**
 * Makes every look at `Atomics.waitAsync` an error: on the edge it is there, never times out, and a
 * notify ends the request.
 *
 * @module
 */

Object.defineProperty(Atomics, 'waitAsync', {
  get: () => {
    throw new Error('Atomics.waitAsync was touched on the edge');
  },
});
