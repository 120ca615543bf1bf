/**
 * The waterfall of the cold start: which stage ran from where to where, as parts of one line. The
 * page and the terminal draw it, each in its own way.
 *
 * @module
 */

import type { Status } from './status.ts';

/**
 * `waiting`: not started. `running`: started, not ready. `unfinished`: as `running`, but the
 * process will not go on with it. `unclear`: no duration is known, as an end is missing or the
 * clock stepped back.
 */
export type BarState = 'waiting' | 'running' | 'done' | 'unfinished' | 'unclear';

/** One stage. */
export interface Bar {
  readonly name: string;
  readonly state: BarState;
  /** So far, if it is running; `null` where it is not known. */
  readonly ms: number | null;
  /** Where it begins and ends, 0 … 1 of the whole; both 0 where nothing can be drawn. */
  readonly from: number;
  readonly to: number;
}

type Times = readonly [name: string, started: number, ready: number];

/** The stages in the order of the contract, `total` last; empty while no time is known. */
export function waterfall(status: Status): Bar[] {
  const { cold_start: cold } = status;
  const named: Times[] = [
    ['restore', cold.restore_started_at_ms, cold.restore_ready_at_ms],
    ['wal_replay', cold.wal_replay_started_at_ms, cold.wal_replay_ready_at_ms],
    ['index_warmup', cold.index_warmup_started_at_ms, cold.index_warmup_ready_at_ms],
  ];
  const stages: Times[] = [
    ...named.filter(([, started, ready]) => started > 0 || ready > 0),
    ...cold.stages.map((stage): Times => [stage.name, stage.started_at_ms, stage.ready_at_ms]),
  ];
  const total: Times = ['total', cold.started_at_ms, cold.ready_at_ms];
  const all = [...stages, total];
  const clear = all.filter(
    ([, started, ready]) => started > 0 && (ready === 0 || ready >= started),
  );
  if (clear.length === 0) return [];
  const start = Math.min(...clear.map(([, started]) => started));
  // A stage may go on long after Ready: it must not press all others into a corner.
  const over = status.ready_at_ms ?? status.shutting_down_at_ms ?? status.stopped_at_ms;
  const end = Math.max(over ?? status.at_ms, ...clear.flatMap(([, ...times]) => times));
  const part = (ms: number): number => (end > start ? (ms - start) / (end - start) : 0);
  const isOver = ['shutting_down', 'stopped'].includes(status.phase);
  return all.map(([name, started, ready]): Bar => {
    if (started === 0 && ready === 0) return { name, state: 'waiting', ms: null, from: 0, to: 0 };
    if (started === 0 || (ready > 0 && ready < started)) {
      return { name, state: 'unclear', ms: null, from: 0, to: 0 };
    }
    if (ready > 0) {
      return { name, state: 'done', ms: ready - started, from: part(started), to: part(ready) };
    }
    const state = isOver ? 'unfinished' : 'running';
    const ms = isOver ? null : Math.max(0, status.at_ms - started);
    return { name, state, ms, from: part(started), to: 1 };
  });
}
