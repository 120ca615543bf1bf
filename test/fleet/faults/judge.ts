/**
 * What is made of a run: whether the store's history is linearizable, what a restarted engine had
 * forgotten, and how long it took until somebody held the lease again.
 *
 * @module
 */

import type { Place } from '../open.ts';
import type { TakeOver } from './fault-run.ts';
import { checkHistory, type Operation } from './linearizable.ts';
import { type RegisterOp, register } from './register.ts';

type Step = Operation<RegisterOp>;

/** What was found. */
export interface Judgement {
  readonly operations: number;
  /** Calls that nobody has heard an answer of. */
  readonly unknown: number;
  readonly keys: number;
  /** Why a key's history is not linearizable, for each that is not. */
  readonly broken: readonly string[];
  /** Acknowledged swaps that a restart had undone, and how old the oldest was then, in milliseconds. */
  readonly forgotten: number;
  readonly forgottenMs: number;
}

/** Redis says that it may have forgotten, and its clients send once more what they heard no answer of. */
export function judgeHistory(
  history: readonly Step[],
  kind: Place['kind'],
  mayForget: boolean,
): Judgement {
  const isRedis = kind === 'redis';
  const verdicts = checkHistory(withBarred(history), (part) =>
    register(part, { mayRepeat: isRedis, mayForget }),
  );
  const broken: string[] = [];
  const lost: number[] = [];
  for (const [key, verdict] of verdicts) {
    if (verdict.isLinearizable) lost.push(...agesOfForgotten(verdict.order));
    else {
      const { stuck, state, order } = verdict;
      broken.push(
        `${key}: after ${order.length} operations, with ${JSON.stringify(state)}, there is no place for ${JSON.stringify(stuck)}; before it ${JSON.stringify(order.slice(-5))}`,
      );
    }
  }
  return {
    operations: history.length,
    unknown: history.filter(({ returnedAt }) => returnedAt === Infinity).length,
    keys: verdicts.size,
    broken,
    forgotten: lost.length,
    forgottenMs: Math.max(0, ...lost),
  };
}

/** The versions that a value had before a restart are those of the run that is over. */
function withBarred(history: readonly Step[]): Step[] {
  const versions = history.flatMap(({ key, op, returnedAt }) =>
    op.type !== 'restart' && typeof op.version === 'string'
      ? [{ key, value: op.value, version: op.version, returnedAt }]
      : [],
  );
  return history.map((step) => {
    const { op, key, calledAt } = step;
    if (op.type !== 'restart') return step;
    const barred = versions
      .filter((each) => each.key === key && each.value === op.found && each.returnedAt < calledAt)
      .map(({ version }) => version);
    return { ...step, op: { ...op, barred: [...new Set(barred)] } };
  });
}

/** How long before each restart those were acknowledged that it had undone. */
function agesOfForgotten(order: readonly Step[]): number[] {
  const ages: number[] = [];
  let done: { readonly value: string; readonly ackedAt: number }[] = [];
  for (const { op, calledAt, returnedAt } of order) {
    if (op.type === 'swap' && typeof op.version === 'string') {
      done.push({ value: op.value, ackedAt: returnedAt });
    } else if (op.type === 'restart') {
      const place = done.findLastIndex(({ value }) => value === op.found);
      const undone = op.found === null || place >= 0 ? done.slice(place + 1) : [];
      for (const { ackedAt } of undone)
        if (ackedAt < calledAt) ages.push((calledAt - ackedAt) / 1e6);
      done = [];
    }
  }
  return ages;
}

/** From the answer to who gave the lease back, to the answer to who took it next. */
export function releases(history: readonly Step[], leaseKey: string): TakeOver[] {
  const swaps = history
    .flatMap(({ key, op, calledAt, returnedAt }) =>
      key === leaseKey && op.type === 'swap' && typeof op.version === 'string'
        ? [{ record: JSON.parse(op.value), calledAt, returnedAt }]
        : [],
    )
    .sort((one, other) => one.returnedAt - other.returnedAt);
  return swaps.flatMap(({ record, returnedAt }, index) => {
    const next = swaps[index + 1];
    if (record.ttl_ms !== 0 || next === undefined) return [];
    return [{ how: 'release', ms: (next.returnedAt - returnedAt) / 1e6 } as const];
  });
}
