/**
 * HEADER: what the memory is, of which layout, and how much of it is used. Written once, by the
 * thread that creates the lifecycle, before any other has seen the memory.
 *
 * @module
 */

import {
  AT_CHECK_CAPACITY,
  AT_MAGIC,
  AT_MEMBER_CAPACITY,
  AT_REPORT_CAPACITY,
  AT_STAGE_CAPACITY,
  AT_STATE,
  AT_VERSION,
  MAGIC,
  STATE_TIME_SHIFT,
  VERSION,
} from './layout';

/** Makes zeroed memory a lifecycle in Starting since `now` (0: no time yet). MAGIC comes last. */
export function create(now: f64, members: i32, stages: i32, reports: i32, checks: i32): void {
  atomic.store<i32>(AT_VERSION, VERSION);
  atomic.store<i32>(AT_MEMBER_CAPACITY, members);
  atomic.store<i32>(AT_STAGE_CAPACITY, stages);
  atomic.store<i32>(AT_REPORT_CAPACITY, reports);
  atomic.store<i32>(AT_CHECK_CAPACITY, checks);
  atomic.store<u64>(AT_STATE, (<u64>now) << STATE_TIME_SHIFT);
  atomic.store<i32>(AT_MAGIC, MAGIC);
}
