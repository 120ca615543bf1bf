/**
 * What kind of thread this is. The flag of `tidegate/auto` also reaches workers, the processes that
 * a service starts, and package managers that start a service. It installs nothing.
 *
 * @module
 */

import process from 'node:process';
import { isMainThread } from '../runtime/main-thread.ts';
import { INSTALLED_BY } from './settings.ts';

/**
 * - `service`: all is installed.
 * - `child`: started by a process that has it installed. Its servers are adopted, and from the first one on
 *   its signals are handled; the probe port is its parent's.
 * - `worker`, `package manager`: nothing is installed.
 */
export type ProcessKind = 'service' | 'child' | 'worker' | 'package manager';

/** Programs that run others and serve nothing; `NODE_OPTIONS` reaches them first. */
const PACKAGE_MANAGER =
  /(^|[\\/])(npm|npx|yarn|pnpm|pnpx|corepack)(-cli)?(\.c?js)?$|[\\/]yarn-[\d.]+\.cjs$/;

/** Of this thread. */
export function kindOfProcess(): ProcessKind {
  if (!isMainThread()) return 'worker';
  if (PACKAGE_MANAGER.test(process.argv[1] ?? '')) return 'package manager';
  const parent = process.env[INSTALLED_BY];
  return parent === undefined || parent === String(process.pid) ? 'service' : 'child';
}
