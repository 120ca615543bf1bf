/**
 * What the environment says: where to listen, where the data is, who may administer.
 *
 * @module
 */

/** The settings of one run. */
export interface Config {
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataFolder: string;
  readonly adminToken: string;
  /** The token was made for this run, so somebody has to be told. */
  readonly isTokenNew: boolean;
}

/** An environment that cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const PORT = 8080;
const HOSTNAME = '127.0.0.1';
/** What a header carries as it is, from its first character to its last. */
const TOKEN = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Reads `PORT`, `HOST`, `DATA_DIR` and `TIDEGATE_ADMIN_TOKEN`. Nothing has to be set: without a token
 * it makes one, so that the admin calls are neither open nor out of reach.
 *
 * @throws {ConfigError} for a port that is none, a token that no client can send, an empty value
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  defaultDataFolder: string,
): Config {
  const adminToken = set(environment, 'TIDEGATE_ADMIN_TOKEN');
  if (adminToken !== undefined && !TOKEN.test(adminToken)) {
    // Not shown: it may be a real one with a slip of the keyboard in it.
    throw new ConfigError('TIDEGATE_ADMIN_TOKEN has what no header carries: only ASCII');
  }
  return {
    hostname: set(environment, 'HOST') ?? HOSTNAME,
    port: portOf(set(environment, 'PORT')),
    dataFolder: set(environment, 'DATA_DIR') ?? defaultDataFolder,
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

function portOf(text: string | undefined): number {
  if (text === undefined) return PORT;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new ConfigError(`PORT is ${JSON.stringify(text)}, not a number in 0 … 65535`);
  }
  return port;
}

function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
