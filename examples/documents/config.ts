/**
 * What the environment says: where to listen, where the data is, how many threads read, how long a
 * shutdown may take, who may administer.
 *
 * @module
 */

/** The settings of one run. */
export interface Config {
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
  /** The probe thread's; 0: any free port. */
  readonly probePort: number;
  /** Reader threads; 0: the main thread reads. */
  readonly workers: number;
  readonly dataFolder: string;
  /** Milliseconds that a shutdown may take, from the signal to the exit. */
  readonly budgetMs: number;
  readonly adminToken: string;
  /** The token was made for this run, so somebody has to be told. */
  readonly isTokenNew: boolean;
}

/** An environment that cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const PORT = 8080;
const PORT_MAX = 65_535;
/** Half of what a lifecycle has room for (127 members): a reader that restarts may overlap itself. */
const WORKERS_MAX = 64;
const HOSTNAME = '127.0.0.1';
/** Below the 30 s that Kubernetes leaves, and the 90 s of systemd. */
const BUDGET_MS = 25_000;
const BUDGET_MAX_MS = 3_600_000;
/** What a header carries as it is, from its first character to its last. */
const TOKEN = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** What holds where the environment says nothing. */
export interface Defaults {
  readonly dataFolder: string;
  readonly workers: number;
}

/**
 * Reads `PORT`, `PROBE_PORT`, `HOST`, `WORKERS`, `DATA_DIR`, `SHUTDOWN_BUDGET_MS` and
 * `TIDEGATE_ADMIN_TOKEN`. Nothing has to be set: without a token it makes one, so that the admin calls
 * are neither open nor out of reach.
 *
 * @throws {ConfigError} for a number out of its range, a token that no client can send, an empty value
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  defaults: Defaults,
): Config {
  const adminToken = set(environment, 'TIDEGATE_ADMIN_TOKEN');
  if (adminToken !== undefined && !TOKEN.test(adminToken)) {
    // Not shown: it may be a real one with a slip of the keyboard in it.
    throw new ConfigError('TIDEGATE_ADMIN_TOKEN has what no header carries: only ASCII');
  }
  return {
    hostname: set(environment, 'HOST') ?? HOSTNAME,
    port: number(environment, 'PORT', PORT_MAX) ?? PORT,
    probePort: number(environment, 'PROBE_PORT', PORT_MAX) ?? 0,
    workers: number(environment, 'WORKERS', WORKERS_MAX) ?? Math.min(defaults.workers, WORKERS_MAX),
    dataFolder: set(environment, 'DATA_DIR') ?? defaults.dataFolder,
    budgetMs: number(environment, 'SHUTDOWN_BUDGET_MS', BUDGET_MAX_MS) ?? BUDGET_MS,
    adminToken: adminToken ?? newToken(),
    isTokenNew: adminToken === undefined,
  };
}

function set(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const value = environment[name];
  if (value?.trim() === '') throw new ConfigError(`${name} is set, but empty`);
  return value;
}

function number(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  max: number,
): number | undefined {
  const text = set(environment, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) {
    throw new ConfigError(`${name} is ${JSON.stringify(text)}, not a number in 0 … ${max}`);
  }
  return value;
}

function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
