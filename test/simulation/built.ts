/**
 * Builds the library, with the program of the threads, as one function of the globals that a thread
 * gives it. `async` is lowered to generators and `Promise`, so that every `await` is the simulation's.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/** A change of one file of the library: a bug that somebody could make. */
export interface Change {
  /** From `src/`. */
  readonly file: string;
  /** It is there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What the modules of Node are for a simulated thread. The rest has no meaning there. */
const MODULES: Readonly<Record<string, string>> = {
  'node:process': 'module.exports = process;',
  'node:tty': 'exports.isatty = () => process.isTerminal;',
  'node:worker_threads': 'exports.isMainThread = process.isMain;',
  'node:os':
    'exports.constants = { signals: { SIGHUP: 1, SIGINT: 2, SIGTERM: 15, SIGKILL: 9, SIGSTOP: 19 } };',
};
const NOTHING = 'module.exports = new Proxy({}, { get: () => class {} });';

/** The text of the library, changed or as it is. */
export async function libraryText(change?: Change): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/simulation/inside/program.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'program',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    supported: { 'async-await': false, 'async-generator': false, 'for-await': false },
    plugins: [modules, ...(change === undefined ? [] : [changed(change)])],
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild built nothing');
  return file.text;
}

const modules: Plugin = {
  name: 'modules of Node',
  setup({ onResolve, onLoad }): void {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'node' }));
    onLoad({ filter: /^/, namespace: 'node' }, ({ path }) => ({
      contents: MODULES[path] ?? NOTHING,
    }));
  },
};

function changed({ file, find, replace }: Change): Plugin {
  const path = join(ROOT, 'src', file);
  return {
    name: 'a planted bug',
    setup({ onLoad }): void {
      onLoad({ filter: /\.ts$/ }, (args) => {
        if (args.path !== path) return undefined;
        const text = readFileSync(path, 'utf8');
        if (text.split(find).length !== 2) {
          throw new Error(`${file} must have this once: ${find}`);
        }
        // A function, so that `$` is no more than what it looks like.
        return { contents: text.replace(find, () => replace), loader: 'ts' };
      });
    },
  };
}
