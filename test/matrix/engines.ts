/**
 * The versions of Node under test. The one that runs this is one of them; the others are packages,
 * installed when they are first needed, so that nobody waits for them who does not run the matrix.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A runtime to start processes with. */
export interface Engine {
  readonly name: 'node' | 'deno' | 'bun';
  readonly version: string;
  readonly program: string;
}

/** A version that could not be had. */
export interface AbsentEngine {
  readonly name: 'node';
  readonly version: string;
  readonly absent: string;
}

/** The latest of each line when this was written. */
const VERSIONS = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'];
/** The first that `engines` in package.json allows: it lacks what came with later ones of its line. */
const OLDEST = '20.0.0';
const UNREACHED = 'npm could not install it into build/engines; a registry has to be reached';
const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'build/engines');

/** A Node of every line, the one that runs this in its line's place. */
export function nodes(): (Engine | AbsentEngine)[] {
  installMissing();
  return foundNodes(UNREACHED);
}

/** The oldest Node. */
export function oldestNode(): Engine | AbsentEngine {
  installMissing();
  return found(OLDEST, UNREACHED);
}

/** The same as they are found, for who does not install them: `absent` is why one is not there. */
export function foundNodes(absent: string): (Engine | AbsentEngine)[] {
  return VERSIONS.map((version) => found(version, absent));
}

function found(version: string, absent: string): Engine | AbsentEngine {
  if (isCurrent(version)) {
    return { name: 'node', version: process.versions.node, program: process.execPath };
  }
  const program = programOf(version);
  if (!isInstalled(version)) return { name: 'node', version, absent };
  const fault = faultOf(program);
  return fault === null
    ? { name: 'node', version, program }
    : { name: 'node', version, absent: `it does not start: ${fault}` };
}

/** Deno or Bun, which the lock file pins. */
export function pinned(name: 'deno' | 'bun'): Engine {
  const program = join(ROOT, 'node_modules/.bin', name);
  return { name, version: versionOf(program), program };
}

function isCurrent(version: string): boolean {
  const { node } = process.versions;
  return version === OLDEST ? version === node : majorOf(version) === majorOf(node);
}

function isInstalled(version: string): boolean {
  const manifest = join(FOLDER, 'node_modules', aliasOf(version), 'package.json');
  if (!existsSync(manifest)) return false;
  const found = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  // Some of these packages say it with a v.
  return found.version.replace(/^v/, '') === version;
}

/** What a program that cannot start says: a shared library of the system may be missing. */
function faultOf(program: string): string | null {
  const { status, stderr, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

/** All at once: npm takes away what it is not asked for. */
function installMissing(): void {
  const others = [...VERSIONS, OLDEST].filter((version) => !isCurrent(version));
  if (!others.every(isInstalled)) install(others);
}

/** The packages that hold the binaries themselves: no install script has to run. */
function install(versions: readonly string[]): void {
  console.log(`installing node ${versions.join(', ')} into build/engines`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), '{ "private": true }\n');
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const packages = versions.map(
    (version) => `${aliasOf(version)}@npm:node-${platform}-${process.arch}@${version}`,
  );
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  // Whether it did is looked at, not asked.
  spawnSync('npm', ['install', ...flags, ...packages], { cwd: FOLDER, stdio: 'inherit' });
}

function programOf(version: string): string {
  return join(FOLDER, 'node_modules', aliasOf(version), 'bin/node');
}

function aliasOf(version: string): string {
  return version === OLDEST ? 'node-oldest' : `node${majorOf(version)}`;
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}

function versionOf(program: string): string {
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said.trim();
}
