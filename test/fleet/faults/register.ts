/**
 * What a `Store` promises for one key, as a model for the checker: a register with a version, which is
 * replaced where the version is still the one that was read. It is sequential and knows no time.
 *
 * @module
 */

import type { Model, Operation } from './linearizable.ts';

/** An operation on a key, with its answer. */
export type RegisterOp =
  | {
      readonly type: 'read';
      readonly value: string | null;
      readonly version: string;
      readonly mayHaveForgotten: boolean;
    }
  | {
      readonly type: 'swap';
      readonly from: string;
      readonly value: string;
      /** The new version; `null` if it was refused; `undefined` if no answer came. */
      readonly version: string | null | undefined;
    }
  /** The engine was restarted, has `found` under the key, and says that it may have forgotten something. */
  | {
      readonly type: 'restart';
      readonly found: string | null;
      /** Versions of that value from before: none of them is to be the version of anything again. */
      readonly barred: readonly string[];
    };

/** What is under the key. */
export interface Register {
  readonly value: string | null;
  /** Undefined where nobody has been told of it yet. */
  readonly version: string | undefined;
  readonly barred: readonly string[];
  readonly mayHaveForgotten: boolean;
}

/** What the engine may do. */
export interface RegisterOptions {
  /** A client that sends a swap once more hears "refused" of one that it has done itself. */
  readonly mayRepeat?: boolean;
  /** A restart may lose what was acknowledged. */
  readonly mayForget?: boolean;
}

/** The register that is empty at first, for a history whose answers say which version is of which value. */
export function register(
  history: readonly Operation<RegisterOp>[],
  { mayRepeat = false, mayForget = false }: RegisterOptions = {},
): Model<Register, RegisterOp> {
  const valueUnder = new Map<string, string | null>();
  for (const { op } of history) {
    if (op.type === 'restart' || typeof op.version !== 'string') continue;
    if (!valueUnder.has(op.version)) valueUnder.set(op.version, op.value);
  }
  /** Whether this may be its version: one that no answer has named is that of the empty register. */
  const mayBe = (state: Register, version: string): boolean => {
    if (state.version !== undefined) return state.version === version;
    return (valueUnder.get(version) ?? null) === state.value && !state.barred.includes(version);
  };
  return {
    initial: { value: null, version: undefined, barred: [], mayHaveForgotten: false },
    nameOf: ({ value, version, barred, mayHaveForgotten }) =>
      JSON.stringify([value, version, barred, mayHaveForgotten]),
    asks: (op) => op.type === 'read' || (op.type === 'swap' && op.version === null && !mayRepeat),
    step(state, op) {
      switch (op.type) {
        case 'read': {
          const { value, version, mayHaveForgotten } = op;
          const isRight = value === state.value && mayHaveForgotten === state.mayHaveForgotten;
          return isRight && mayBe(state, version) ? [{ ...state, version }] : [];
        }
        case 'restart': {
          const { found, barred } = op;
          if (!mayForget && found !== state.value) return [];
          // Where nothing is stored, nothing says by which run it was.
          const isEmpty = found === null;
          return [{ value: found, version: undefined, barred, mayHaveForgotten: !isEmpty }];
        }
        case 'swap': {
          const { from, value, version } = op;
          const done = {
            value,
            version: version ?? undefined,
            barred: [],
            mayHaveForgotten: false,
          };
          const isDone = mayBe(state, from) ? [done] : [];
          if (version !== null) return isDone;
          const refused = mayBe(state, from) ? [] : [state];
          return mayRepeat ? [...refused, ...isDone] : refused;
        }
      }
    },
  };
}
