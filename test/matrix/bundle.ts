/**
 * Bundles a program with the conformance suites for one kind of runtime. The suites import the
 * sources; a bundle has the built package in their place, as that runtime's export conditions
 * resolve it, so that what is tested is what is published.
 *
 * @module
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/** What a bundle is for. */
export interface Bundling {
  /** From the top of the repository. */
  readonly entry: string;
  /** From the top of the repository. */
  readonly outfile: string;
  /** Export conditions beside `import` and `default`. */
  readonly conditions: readonly string[];
  /** What the runtime brings itself. */
  readonly external?: readonly string[];
  /** Leaves the built package out: the bundle imports its files where they are. */
  readonly isPackageBeside?: boolean;
  /** More of esbuild's own options. */
  readonly options?: BuildOptions;
}

/** The suites name the sources by these paths, and nothing else of them. */
const SOURCES = /\/src\/(index|compose)\.ts$/;

const published = (isBeside: boolean): Plugin => ({
  name: 'the built package in place of the sources',
  setup({ onResolve, resolve }): void {
    onResolve({ filter: SOURCES }, async ({ kind, path }) => {
      const name = path.endsWith('/index.ts') ? 'tidegate' : 'tidegate/compose';
      const found = await resolve(name, { kind, resolveDir: ROOT });
      return isBeside ? { path: pathToFileURL(found.path).href, external: true } : found;
    });
  },
});

/** Bundles one program. */
export async function bundle(what: Bundling): Promise<void> {
  const { entry, outfile, conditions, external = [], isPackageBeside = false, options = {} } = what;
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    mainFields: ['module', 'main'],
    conditions: [...conditions],
    external: [...external],
    plugins: [published(isPackageBeside)],
    // It warns of what `sideEffects: false` makes it leave out, but not under node_modules.
    logLevel: 'error',
    ...options,
  });
}
