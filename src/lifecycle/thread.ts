/**
 * Which thread this is, as the runtime numbers them: what a supervisor knows a dead worker by. It
 * tells; nothing is chosen by it.
 *
 * @module
 */

/** A runtime that has Node's modules, without an import that others do not have. */
interface HostProcess {
  readonly getBuiltinModule?: (name: string) => { readonly threadId?: number } | undefined;
}

/**
 * The number of this thread plus one; 0 where threads have none. (Node and Bun since 2024; Deno.)
 *
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
export function threadTag(): number {
  const { process } = globalThis as { readonly process?: HostProcess };
  const number = process?.getBuiltinModule?.('node:worker_threads')?.threadId;
  return number === undefined ? 0 : number + 1;
}

/** The number that {@link threadTag} made a tag of, `null` if there was none. */
export function threadOf(tag: number): number | null {
  return tag === 0 ? null : tag - 1;
}
