/**
 * Every conformance suite, in the order of the contract. Whoever runs them takes all.
 *
 * @module
 */

import { checks } from './checks.ts';
import { coldStart } from './cold-start.ts';
import { composing } from './compose.ts';
import { counters } from './counters.ts';
import { ending } from './ending.ts';
import { gate } from './gate.ts';
import { ownership } from './ownership.ts';
import { phases } from './phases.ts';
import { reason } from './reason.ts';
import { report } from './report.ts';
import { seats } from './seats.ts';
import { shutdown } from './shutdown.ts';
import { steps } from './steps.ts';
import type { Suite } from './suite.ts';
import { waiting } from './waiting.ts';

/** All of them. */
export const SUITES: readonly Suite[] = [
  phases,
  coldStart,
  reason,
  gate,
  counters,
  waiting,
  shutdown,
  steps,
  ending,
  checks,
  ownership,
  report,
  seats,
  composing,
];
