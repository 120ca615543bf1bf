/**
 * `compose()`: its types, by which a component sees the values of what it needs and no others. What it
 * does is `composition.ts`.
 *
 * @module
 */

import { must } from '../lifecycle/check.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { ComponentOf, StartContext } from './component.ts';
import { Composition } from './composition.ts';
import { ACTION, type AnyComponent, checkComponents, refuseTakenChecks } from './graph.ts';

/** What a component is started with that needs those of `V` whose names are `K`. */
export type Context<V, K> = unknown extends K
  ? StartContext
  : StartContext & { readonly [P in Extract<K, keyof V>]: V[P] };

/** One component, with a value of type `T`, that needs those of `V` whose names are `K`. */
export type Component<T, V, K> = ComponentOf<T, string, Context<V, K>>;

/**
 * What {@link compose} takes. `V` has the values by name, `N` the names that each component needs.
 *
 * Three views of the same object, because the compiler settles each type when a function first asks
 * for it: the values that components are started with, the names, and the values that come out, which
 * are known last.
 */
export type Components<V, N, L extends string, R> = {
  readonly [K in keyof V]: ComponentOf<V[K], L, Context<V, K extends keyof N ? N[K] : never>>;
} & {
  readonly [K in keyof N]: { readonly needs?: readonly N[K][] | undefined };
} & {
  readonly [K in keyof R]: {
    readonly needs?: readonly NoInfer<keyof R>[] | undefined;
    readonly start?: ((...context: never[]) => R[K] | PromiseLike<R[K]>) | undefined;
  };
};

/**
 * Starts components in the order of what they need, independent ones side by side, and marks the
 * process Ready. Each is a stage of the cold start. At the shutdown they are stopped in reverse, as
 * steps of this thread's pipeline.
 *
 * If one fails to start, the others are aborted by their `signal`, what had started is stopped, the
 * process is Stopped with `failed`, and the error comes back. A shutdown that is accepted meanwhile
 * does the same without `failed`, and the `LeavingError` comes back.
 *
 * @param components by name, at most 32: `{ needs, start, stop, check, timeoutMs, at }`, all optional
 * @returns the value of each, by name
 * @throws {LifecycleError} as a rejection: `invalid_argument`, `circular_components`, `stages_full`,
 * `circular_steps`, `reaped`, `detached`, before anything starts; `leaving`; what a `start` throws, or a
 * `TimeoutError`
 * @example
 * ```ts
 * import { compose } from 'tidegate/compose';
 *
 * const { counter } = await compose(lifecycle, {
 *   database: { start: async () => new Map([['n', 1]]), stop: (map) => map.clear() },
 *   counter: { needs: ['database'], start: ({ database }) => () => database.get('n') },
 * });
 * counter(); // 1
 * ```
 */
export async function compose<V, N, L extends string, R>(
  lifecycle: Lifecycle,
  components: Components<V, N, L, R>,
): Promise<R> {
  must(isLifecycle(lifecycle), ACTION, 'the first argument must be a Lifecycle', lifecycle);
  // The types have said what each sees of the others; from here on they are all alike.
  const nodes = checkComponents(components as unknown as Record<string, AnyComponent>);
  refuseTakenChecks(lifecycle, nodes);
  const values: unknown = await new Composition(lifecycle, nodes).run();
  return values as R;
}
