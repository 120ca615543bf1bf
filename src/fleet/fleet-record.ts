/**
 * What a fleet writes into a store: its state under one key, and the place of each deployment under a key of its
 * own. Both are one line of JSON, which a person can read and which no other program is to write.
 *
 * @module
 */

import { isObject, isWhole, isWithin } from '../lifecycle/check.ts';
import { TIME_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError, shown } from '../lifecycle/errors.ts';
import { isDeployment } from '../lifecycle/fleet-calls.ts';
import { coded, fitting } from './record.ts';
import { type Deployment, type FleetState, type Mark, NOTHING } from './state.ts';

/** Of the records. */
const LAYOUT = 1;

/** The key of a fleet's state. */
export function fleetKeyOf(name: string): string {
  return fitting(`fleet-${coded(name)}`);
}

/** The key of a deployment of it. No name has two `=` in a row when it is coded. */
export function deploymentKeyOf(name: string, id: string): string {
  return fitting(`deployment-${coded(name)}==${coded(id)}`);
}

/** @param write no two values are the same, so each write has a name of its own */
export function encodeFleet(state: FleetState, write: string): string {
  const { newest, draining, shuttingDown, cacheAgeMs } = state;
  return JSON.stringify({
    tidegate_fleet: LAYOUT,
    newest,
    draining: markOnDisk(draining),
    shutting_down: markOnDisk(shuttingDown),
    cache_age_ms: cacheAgeMs,
    write,
  });
}

/** @throws {LifecycleError} `store_conflict` for what no fleet has written */
export function decodeFleet(key: string, value: string | null): FleetState {
  if (value === null) return NOTHING;
  const { tidegate_fleet, newest, draining, shutting_down, cache_age_ms } = fieldsOf(value);
  const isOurs =
    tidegate_fleet === LAYOUT &&
    (newest === null || isPlaced(newest)) &&
    [draining, shutting_down].every((mark) => mark === null || isMark(mark)) &&
    isWithin(cache_age_ms, 0, Number.MAX_VALUE);
  if (!isOurs) throw conflict(key, value);
  return {
    layout: NOTHING.layout,
    newest: newest as Deployment | null,
    draining: markOf(draining),
    shuttingDown: markOf(shutting_down),
    cacheAgeMs: Number(cache_age_ms),
  };
}

/** The record of where a deployment is on the line. */
export function encodeDeployment({ id, order }: Deployment, write: string): string {
  return JSON.stringify({ tidegate_deployment: LAYOUT, id, order, write });
}

/** @throws {LifecycleError} `store_conflict` for what no fleet has written */
export function decodeDeployment(key: string, id: string, value: string): Deployment {
  const fields = fieldsOf(value);
  const isOurs = fields.tidegate_deployment === LAYOUT && isPlaced(fields) && fields.id === id;
  if (!isOurs) throw conflict(key, value);
  return { id, order: fields.order as number };
}

interface MarkOnDisk extends Deployment {
  readonly at_ms: number;
}

function markOnDisk(mark: Mark | null): MarkOnDisk | null {
  return mark === null ? null : { id: mark.id, order: mark.order, at_ms: mark.atMs };
}

function markOf(mark: unknown): Mark | null {
  if (mark === null) return null;
  // Checked before.
  const { id, order, at_ms } = mark as MarkOnDisk;
  return { id, order, atMs: at_ms };
}

function isPlaced(value: unknown): boolean {
  const { id, order } = (isObject(value) ? value : {}) as Partial<Deployment>;
  return isDeployment(id) && isWithin(order, 0, Number.MAX_SAFE_INTEGER);
}

function isMark(value: unknown): boolean {
  return isPlaced(value) && isWhole((value as Partial<MarkOnDisk>).at_ms, 0, TIME_MAX_MS);
}

function fieldsOf(value: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(value)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function conflict(key: string, value: string): LifecycleError {
  const message = `Cannot use the key ${key}: something else was written there, ${shown(value)}`;
  return new LifecycleError('store_conflict', message);
}
