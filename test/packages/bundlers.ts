/**
 * The bundlers, each as an application calls it: with nothing said of tidegate for browsers and Node,
 * and with the lines of `docs/runtimes.md` for the edge. What the bundles do is the test's business.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { rolldown } from 'rolldown';
import { mergeConfig, build as vite } from 'vite';
import type { Configuration } from 'webpack';

// CommonJS, and its types say otherwise.
const webpack = createRequire(import.meta.url)('webpack') as typeof import('webpack').webpack;

/** Bundles the programs of a project: each returns what is to be run. */
export interface Bundler {
  readonly name: string;
  /** The files of a page, `''` its HTML. */
  browser(project: string): Promise<Readonly<Record<string, string | Uint8Array>>>;
  /** The path of a program. */
  server(project: string): Promise<string>;
  /** The text of a module. */
  worker(project: string): Promise<string>;
}

/** The site has a script that tells it of a page that breaks. */
const HTML = `<!doctype html><script src="watch.js"></script>
<script type="module" src="browser.js"></script>`;

/** The lines for workerd that the document has of a bundler, as the options that they are. */
function linesOf(bundler: string): object {
  const document = readFileSync(join(import.meta.dirname, '../../docs/runtimes.md'), 'utf8');
  const [, , cell = ''] = new RegExp(`^\\| (${bundler}) +\\|(.*)\\|$`, 'm').exec(document) ?? [];
  const lines = [...cell.matchAll(/`([^`]+)`/g)].map(([, line = '']) => line);
  if (lines.length === 0) throw new Error(`docs/runtimes.md says nothing of ${bundler}`);
  // They are code, with regular expressions in it, and our own.
  return new Function(`return { ${lines.join(', ')} }`)() as object;
}

const withEsbuild: Bundler = {
  name: 'esbuild',
  async browser(project) {
    const outfile = join(project, 'esbuild/browser.js');
    await esbuild({ entryPoints: [join(project, 'browser.js')], bundle: true, outfile });
    return { '': HTML, 'browser.js': readFileSync(outfile) };
  },
  async server(project) {
    const outfile = join(project, 'esbuild/server.cjs');
    const entryPoints = [join(project, 'server.js')];
    await esbuild({ entryPoints, bundle: true, platform: 'node', outfile });
    return outfile;
  },
  async worker(project) {
    const outfile = join(project, 'esbuild/worker.js');
    await esbuild({
      entryPoints: [join(project, 'worker.js')],
      bundle: true,
      outfile,
      ...linesOf('esbuild'),
    });
    return readFileSync(outfile, 'utf8');
  },
};

const withRolldown: Bundler = {
  name: 'Rolldown',
  async browser(project) {
    const dir = join(project, 'rolldown/browser');
    const bundle = await rolldown({ input: join(project, 'browser.js'), platform: 'browser' });
    await bundle.write({ dir });
    return { '': HTML, ...filesIn(dir) };
  },
  async server(project) {
    const dir = join(project, 'rolldown/server');
    const bundle = await rolldown({ input: join(project, 'server.js'), platform: 'node' });
    await bundle.write({ dir });
    return join(dir, 'server.js');
  },
  async worker(project) {
    const bundle = await rolldown({ input: join(project, 'worker.js'), ...linesOf('Rolldown') });
    const { output } = await bundle.generate();
    return output[0].code;
  },
};

const withVite: Bundler = {
  name: 'Vite',
  async browser(project) {
    const outDir = join(project, 'vite/browser');
    // The page is served from a folder.
    await vite({ ...QUIET, root: project, base: './', build: { outDir } });
    const { 'index.html': html = '', ...files } = filesIn(outDir);
    return { '': html, ...files };
  },
  async server(project) {
    const outDir = join(project, 'vite/server');
    // By default Vite leaves packages out of a bundle for servers.
    const ssr = { noExternal: true } as const;
    await vite({ ...QUIET, root: project, ssr, build: { ssr: 'server.js', outDir } });
    return join(outDir, 'server.js');
  },
  async worker(project) {
    const outDir = join(project, 'vite/worker');
    const own = { ...QUIET, root: project, build: { outDir, lib: { fileName: 'worker' } } };
    await vite(mergeConfig(own, linesOf('Vite')));
    return readFileSync(join(outDir, 'worker.js'), 'utf8');
  },
};

const QUIET = { configFile: false, logLevel: 'error' } as const;

const withWebpack: Bundler = {
  name: 'webpack',
  async browser(project) {
    const path = join(project, 'webpack/browser');
    await runWebpack(project, { entry: './browser.js', output: { path, filename: 'browser.js' } });
    return { '': HTML, ...filesIn(path) };
  },
  async server(project) {
    const path = join(project, 'webpack/server');
    const output = { path, filename: 'server.cjs' };
    await runWebpack(project, { target: 'node', entry: './server.js', output });
    return join(path, 'server.cjs');
  },
  async worker(project) {
    const path = join(project, 'webpack/worker');
    const { output, ...lines } = linesOf('webpack') as Configuration;
    await runWebpack(project, {
      entry: './worker.js',
      ...lines,
      output: { path, filename: 'worker.js', ...output },
    });
    return readFileSync(join(path, 'worker.js'), 'utf8');
  },
};

/** All of them. */
export const BUNDLERS: readonly Bundler[] = [withEsbuild, withRolldown, withVite, withWebpack];

function runWebpack(project: string, configuration: Configuration): Promise<void> {
  const whole: Configuration = { mode: 'production', context: project, ...configuration };
  return new Promise((resolve, reject) => {
    webpack(whole, (error, stats) => {
      if (error === null && stats !== undefined && !stats.hasErrors()) resolve();
      else reject(error ?? new Error(stats?.toString('errors-only')));
    });
  });
}

function filesIn(folder: string): Record<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    names.map((name) => [name.slice(folder.length + 1), readFileSync(name)]),
  );
}
