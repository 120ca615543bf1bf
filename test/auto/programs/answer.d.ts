/**
 * Declarations of `answer.js`, which all runtimes run as it is.
 *
 * @module
 */

/** For `Deno.serve` and `Bun.serve`. */
export function answer(request: Request): Promise<Response>;

/** Tells the test where the program listens. */
export function say(port: number): void;
