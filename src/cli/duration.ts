/**
 * Durations as they are written on a command line.
 *
 * @module
 */

import { TIMER_MAX_MS } from '../lifecycle/clock.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of `500ms`, `30s`, `1.5m` or `1h`; `undefined` for anything else, a number without
 * a unit included: one reader takes it for seconds and the next for milliseconds. Zero is no time
 * to wait for anything, and more than a timer can count would be over at once.
 */
export function durationMs(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(digits) * (UNITS[unit] ?? 0));
  return ms > 0 && ms <= TIMER_MAX_MS ? ms : undefined;
}
