/**
 * The few claims that the conformance suites make. No test framework: the same suites run where
 * none does, in browsers and on the edge.
 *
 * @module
 */

/** A claim that does not hold. */
export class ClaimError extends Error {
  override readonly name = 'ClaimError';
}

/** Claims that two values are equal, by structure. */
export function equal(actual: unknown, expected: unknown, about = ''): void {
  const [found, wanted] = [written(actual), written(expected)];
  if (found !== wanted) fail(`${about}${about === '' ? '' : ': '}${found} is not ${wanted}`);
}

/** Claims that something is true. */
export function holds(condition: boolean, about: string): void {
  if (!condition) fail(about);
}

/** Claims that a call throws: an error with this code, or of this class. */
export function throws(call: () => unknown, kind: string | typeof Error): unknown {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  return ofKind(thrown, kind);
}

/** Claims that a promise is rejected with an error of this code. */
export async function rejects(promise: Promise<unknown>, kind: string): Promise<unknown> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  return ofKind(thrown, kind);
}

function ofKind(thrown: unknown, kind: string | typeof Error): unknown {
  if (thrown === undefined) fail(`Nothing was thrown, not ${String(kind)}`);
  const isIt =
    typeof kind === 'string'
      ? (thrown as { readonly code?: unknown }).code === kind
      : thrown instanceof kind;
  if (!isIt) fail(`${String(thrown)} is not ${typeof kind === 'string' ? kind : kind.name}`);
  return thrown;
}

/** `undefined` is told from `null`, and a member that is missing from one that is there. */
function written(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) => {
      if (each === undefined) return '(undefined)';
      return typeof each === 'number' && !Number.isFinite(each) ? `(${each})` : each;
    }) ?? '(undefined)'
  );
}

function fail(about: string): never {
  throw new ClaimError(about);
}
