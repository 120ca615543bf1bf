/**
 * What is given back between the last step of a shutdown and Stopped: a lease, which a step that still
 * writes must not lose. It is no step: it has no name, and the report does not list it.
 *
 * @module
 */

/** Is given what is left of the budget, in milliseconds, and does not reject. */
export type AfterSteps = (leftMs: number) => Promise<unknown>;

const kept: WeakMap<object, Set<AfterSteps>> = new WeakMap();

/** Says which functions belong to a lifecycle; the lifecycle does. */
export function keepAfterSteps(lifecycle: object, functions: Set<AfterSteps>): void {
  kept.set(lifecycle, functions);
}

/**
 * Runs `run` on this thread, if it hosts the shutdown, after the last step has ended. Stopped waits for
 * it as long as the budget allows.
 *
 * @returns the removal
 */
export function afterSteps(lifecycle: object, run: AfterSteps): () => void {
  const functions = kept.get(lifecycle);
  functions?.add(run);
  return () => void functions?.delete(run);
}

/** Runs them side by side, for at most `leftMs`. */
export async function runAfterSteps(functions: Set<AfterSteps>, leftMs: number): Promise<void> {
  if (functions.size === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, leftMs);
  });
  await Promise.race([Promise.all([...functions].map((run) => run(leftMs))), late]);
  clearTimeout(timer);
}
