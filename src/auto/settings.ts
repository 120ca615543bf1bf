/**
 * What `tidegate/auto` is configured by: environment variables, each checked before the program
 * runs. It reads none by itself, and starts nothing.
 *
 * @module
 */

import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError, shown } from '../lifecycle/errors.ts';
import { nearest } from '../lifecycle/known-keys.ts';
import { RUN_SOCKET } from '../runtime/parent/wire.ts';

/** All variables, checked, defaults filled in. */
export interface Settings {
  readonly probePort: number | undefined;
  readonly probeHostname: string | undefined;
  readonly stuckAfterMs: number | undefined;
  readonly serveRoutes: boolean;
  readonly adminToken: string | undefined;
  readonly metricsToken: string | undefined;
  readonly readyWhileDraining: boolean;
  readonly ready: 'listening' | 'manual';
  readonly budgetMs: number | undefined;
  readonly preDrainMs: number | undefined;
  readonly preDrainProbes: number | undefined;
  readonly drainTimeoutMs: number | undefined;
  readonly crashes: boolean;
  readonly backend: 'wasm' | 'atomics';
}

/** How one variable is read: `undefined` for a value that breaks the rule. */
interface Variable {
  readonly rule: string;
  read(text: string): unknown;
}

/** The process that installed it, for the processes that it starts; nobody sets it by hand. */
export const INSTALLED_BY = 'TIDEGATE_AUTO_PID';

/** Variables that processes of ours set for those that they start. */
const SET_BY_US = [INSTALLED_BY, RUN_SOCKET];
const PREFIX = 'TIDEGATE_';
const PORT_MAX = 65_535;

const VARIABLES: Readonly<Record<string, Variable>> = {
  PROBE_PORT: whole(1, PORT_MAX),
  PROBE_HOSTNAME: text(),
  STUCK_AFTER_MS: whole(1, TIMER_MAX_MS),
  SERVE_ROUTES: oneOf('true', 'false'),
  ADMIN_TOKEN: text(),
  METRICS_TOKEN: text(),
  READY_WHILE_DRAINING: oneOf('true', 'false'),
  READY: oneOf('listening', 'manual'),
  BUDGET_MS: whole(0, TIMER_MAX_MS),
  PRE_DRAIN_MS: whole(0, TIMER_MAX_MS),
  PRE_DRAIN_PROBES: whole(1, Number.MAX_SAFE_INTEGER),
  DRAIN_TIMEOUT_MS: whole(0, TIMER_MAX_MS),
  CRASHES: oneOf('true', 'false'),
  BACKEND: oneOf('wasm', 'atomics'),
};
/** All of them. */
export const NAMES: readonly string[] = Object.keys(VARIABLES).map((name) => PREFIX + name);

/**
 * Whether Kubernetes has set a variable, as it does in every pod for a Service that is called `tidegate`
 * or `tidegate-…`.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function isOfKubernetes(name: string, value: string): boolean {
  return (
    /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(
      name,
    ) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  );
}

/** Variables that do nothing unless another one is set. */
const NEEDS: readonly (readonly [string, string])[] = [
  ['PROBE_HOSTNAME', 'PROBE_PORT'],
  ['STUCK_AFTER_MS', 'PROBE_PORT'],
  ['PRE_DRAIN_PROBES', 'PRE_DRAIN_MS'],
];

/**
 * Reads the settings from an environment.
 *
 * @throws {LifecycleError} `invalid_argument`, with all that is wrong
 */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
  const wrongs: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || SET_BY_US.includes(name) || value === undefined) continue;
    if (isOfKubernetes(name, value)) continue;
    const variable = VARIABLES[name.slice(PREFIX.length)];
    if (variable === undefined) {
      wrongs.push(`unknown variable ${name}, did you mean ${nearest(name, NAMES)}?`);
      continue;
    }
    const read = variable.read(value);
    if (read === undefined) wrongs.push(`${name} must be ${variable.rule}, got ${shown(value)}`);
    values[name.slice(PREFIX.length)] = read;
  }
  for (const [name, needed] of NEEDS) {
    if (name in values && !(needed in values)) {
      wrongs.push(`${PREFIX}${name} has no effect without ${PREFIX}${needed}`);
    }
  }
  if (wrongs.length > 0) {
    throw new LifecycleError(
      'invalid_argument',
      `Cannot start with tidegate/auto: ${wrongs.join('; ')}`,
    );
  }
  // Each was read by the rule of its name.
  const number = (name: string): number | undefined => values[name] as number | undefined;
  const string = (name: string): string | undefined => values[name] as string | undefined;
  return {
    probePort: number('PROBE_PORT'),
    probeHostname: string('PROBE_HOSTNAME'),
    stuckAfterMs: number('STUCK_AFTER_MS'),
    serveRoutes: values.SERVE_ROUTES === 'true',
    adminToken: string('ADMIN_TOKEN'),
    metricsToken: string('METRICS_TOKEN'),
    readyWhileDraining: values.READY_WHILE_DRAINING !== 'false',
    ready: values.READY === 'manual' ? 'manual' : 'listening',
    budgetMs: number('BUDGET_MS'),
    preDrainMs: number('PRE_DRAIN_MS'),
    preDrainProbes: number('PRE_DRAIN_PROBES'),
    drainTimeoutMs: number('DRAIN_TIMEOUT_MS'),
    crashes: values.CRASHES === 'true',
    backend: values.BACKEND === 'atomics' ? 'atomics' : 'wasm',
  };
}

/** Digits alone: `20s`, `1e4` and `0x10` are slips. */
function whole(least: number, most: number): Variable {
  return {
    rule: `an integer from ${least} to ${most}`,
    read: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
  };
}

function oneOf(...values: readonly string[]): Variable {
  return {
    rule: values.map((value) => shown(value)).join(' or '),
    read: (text) => values.find((value) => value === text),
  };
}

function text(): Variable {
  return { rule: 'a string that is not empty', read: (text) => (text === '' ? undefined : text) };
}
