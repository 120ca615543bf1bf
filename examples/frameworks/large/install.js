/**
 * Installs and builds each of the applications beside it, in `build/frameworks/large`, if anything of it has
 * changed: `npm run frameworks`. They are large; `npm test` skips those that are not there.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../..');
const SOURCES = join(ROOT, 'examples/frameworks/large');
const TARGETS = join(ROOT, 'build/frameworks/large');
/** What only this machine has. */
const OWN = ['node_modules', 'dist', 'build', '.next', '.output', '.svelte-kit'];

const failed = readdirSync(SOURCES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .filter(({ name }) => !installed(name));
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string} name */
function installed(name) {
  const source = join(SOURCES, name);
  const target = join(TARGETS, name);
  const stamp = join(target, '.stamp');
  const hash = hashOf(source, join(ROOT, 'dist'));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return true;
  for (const each of existsSync(target) ? readdirSync(target) : []) {
    if (each !== 'node_modules') rmSync(join(target, each), { recursive: true, force: true });
  }
  const isSource = (path) => !OWN.some((own) => path.endsWith(`/${own}`));
  cpSync(source, target, { recursive: true, filter: isSource });
  const began = performance.now();
  const isBuilt =
    npm(target, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline') &&
    npm(target, 'run', 'build');
  console.log(
    `${name}: ${isBuilt ? 'built' : 'failed'} in ${Math.round(performance.now() - began)} ms`,
  );
  if (isBuilt) writeFileSync(stamp, hash);
  return isBuilt;
}

/**
 * @param {string} cwd
 * @param {string[]} args
 */
function npm(cwd, ...args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) console.error(`npm ${args.join(' ')} in ${cwd}\n${stdout}\n${stderr}`);
  return status === 0;
}

/** @param {string[]} folders */
function hashOf(...folders) {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (OWN.some((own) => name.split('/').includes(own))) continue;
      const path = join(folder, name);
      const entry = hash.update(name);
      try {
        entry.update(readFileSync(path));
      } catch {
        // A folder.
      }
    }
  }
  return hash.digest('hex');
}
