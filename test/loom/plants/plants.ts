/**
 * All plants.
 *
 * @module
 */

import { GATE } from './gate.ts';
import { PHASES } from './phases.ts';
import type { Plant } from './plant.ts';
import { SHUTDOWN } from './shutdown.ts';

export const PLANTS: readonly Plant[] = [...GATE, ...PHASES, ...SHUTDOWN];
