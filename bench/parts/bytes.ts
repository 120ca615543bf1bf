/**
 * Bytes shipped: what a program that imports an entry point loads, bundled and minified, all in; and
 * the same gzipped. It is a property of the package and not of a runtime: there is one number.
 *
 * @module
 */

import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Job } from '../harness/job.ts';

/** What is imported, and for which platform. */
const IMPORTS: readonly (readonly [variant: string, code: string, platform: 'browser' | 'node'])[] =
  [
    ['a page', "export { Lifecycle } from 'tidegate';", 'browser'],
    [
      'a page, both backends',
      "export { Lifecycle } from 'tidegate'; export * from 'tidegate/atomics';",
      'browser',
    ],
    ['a server', "export { Lifecycle } from 'tidegate';", 'node'],
    [
      'a server with health',
      "export { Lifecycle } from 'tidegate'; export { createHandler } from 'tidegate/http';",
      'node',
    ],
  ];

/** Minified, and gzipped. */
export const bytesJobs: readonly Job[] = IMPORTS.flatMap(([variant, code, platform]) =>
  (['shipped, minified', 'shipped, gzipped'] as const).map(
    (name): Job => ({
      part: 'cold-start',
      case: name,
      variant,
      unit: 'B',
      rounds: 1,
      on: (runtime) => runtime.name === 'node',
      run: async () => {
        const text = await bundled(code, platform);
        return [name === 'shipped, gzipped' ? gzipSync(text, { level: 9 }).length : text.length];
      },
    }),
  ),
);

async function bundled(code: string, platform: 'browser' | 'node'): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    write: false,
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('Nothing was bundled');
  return file.contents;
}
