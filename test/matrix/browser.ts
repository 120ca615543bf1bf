/**
 * Real browsers from the system: which are there, and one of them on one page, with a new profile
 * and no network of its own.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A browser that is installed. */
export interface Browser {
  readonly name: 'chromium' | 'firefox';
  readonly version: string;
  /** Starts it on a page. */
  open(url: string): Visit;
}

/** A browser at work. */
export interface Visit {
  /** Resolves, with what it had to say, when it has ended by itself. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** Debian's names first. */
const PROGRAMS = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
} as const;

/** The Debian package of each. */
export const PACKAGES = { chromium: 'chromium', firefox: 'firefox-esr' } as const;

const ARGUMENTS = {
  chromium: (profile: string): string[] => [
    '--headless',
    // Tests run as root, in containers.
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--user-data-dir=${profile}`,
  ],
  firefox: (profile: string): string[] => ['--headless', '--no-remote', '--profile', profile],
};

/** What keeps a new profile of Firefox from calling home and from asking questions. */
const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/** The browser of that name, if it is installed. */
export function findBrowser(name: Browser['name']): Browser | undefined {
  for (const program of PROGRAMS[name]) {
    try {
      const said = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe' });
      const version = /\d+(\.\d+)+/.exec(said)?.[0] ?? said;
      return { name, version, open: (url) => open(name, program, url) };
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

function open(name: Browser['name'], program: string, url: string): Visit {
  const profile = mkdtempSync(join(tmpdir(), `tidegate-${name}-`));
  const home = join(profile, 'home');
  mkdirSync(home);
  const lines = Object.entries(PREFERENCES).map(
    ([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  // A group of its own: browsers are many processes, and end together.
  const child = spawn(program, [...ARGUMENTS[name](profile), url], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: home },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('close', (code, signal) => resolve(`it ended with ${code ?? signal}: ${said}`));
  });
  const close = async (): Promise<void> => {
    endGroup(child);
    await ended;
    // Processes of the group may still be writing.
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return { ended, close };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
