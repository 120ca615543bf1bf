/**
 * What is in the tarball: every file of it by a rule, its size, and what the two linters of packages
 * say of it. Whether it works is `entries.test.ts`.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Folder,
  folder,
  install,
  type Manifest,
  pack,
  ROOT,
  run,
  type Tarball,
  type Target,
} from './tarball.ts';

/** Bounds, in bytes; most of it is source maps with the sources in them. */
const PACKED_BOUND = 900_000;
const UNPACKED_BOUND = 3_200_000;

/** What npm puts in of itself, and what a user reads. */
const PAPERS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];

/** What a benchmark suite takes beside `tidegate/bench`. */
const FOR_SUITES = ['bench/PITFALLS.md', 'bench/results.schema.json', 'bench/workload.js'];

let place: Folder;
let tarball: Tarball;
let manifest: Manifest;

beforeAll(async () => {
  place = folder();
  tarball = await pack(place.path);
  manifest = await install(tarball, place.path, join(import.meta.dirname, 'programs'));
});

afterAll(() => place.remove());

function read(path: string): string {
  return readFileSync(join(place.path, 'node_modules/tidegate', path), 'utf8');
}

/** Every file that a conditional target names. */
function filesOf(target: Target): string[] {
  if (typeof target === 'string') return [target.replace('./', '')];
  return Object.values(target).flatMap(filesOf);
}

/** The files that `entries` lead to by their imports, declarations by theirs, and the maps. */
function reached(entries: readonly string[]): string[] {
  const found = new Set(entries);
  for (const file of found) {
    if (!/\.[jt]s$/.test(file)) continue;
    for (const [, specifier = ''] of read(file).matchAll(
      /(?:\bfrom|\bimport)\s*\(?"?'?(\.[^"']+)/g,
    )) {
      const path = posix.join(dirname(file), specifier);
      found.add(file.endsWith('.d.ts') ? path.replace(/\.js$/, '.d.ts') : path);
    }
  }
  const maps = [...found].filter((file) => /^dist\/(?!types\/).*\.js$/.test(file));
  return [...found, ...maps.map((file) => `${file}.map`)];
}

describe('the tarball', () => {
  it('has the papers, and what the published paths lead to, and nothing else', () => {
    const { exports, bin } = manifest;
    const published = [...Object.values(exports), ...Object.values(bin)].flatMap(filesOf);
    const expected = new Set([...PAPERS, ...FOR_SUITES, ...reached(published)]);
    expect([...tarball.files].sort()).toEqual([...expected].sort());
  });

  it(`is at most ${PACKED_BOUND} bytes packed and ${UNPACKED_BOUND} unpacked`, () => {
    const { bytes, unpackedBytes, files } = tarball;
    console.log(`tarball: ${files.length} files, ${bytes} bytes packed, ${unpackedBytes} unpacked`);
    expect(bytes).toBeLessThanOrEqual(PACKED_BOUND);
    expect(unpackedBytes).toBeLessThanOrEqual(UNPACKED_BOUND);
  });

  it('carries its licence, and names no machine', () => {
    expect(read('LICENSE')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
    const named = tarball.files.filter(
      (file) => !file.endsWith('.wasm') && read(file).includes(ROOT),
    );
    expect(named).toEqual([]);
  });

  it('has source maps that need no other file', () => {
    for (const file of tarball.files.filter((path) => path.endsWith('.map'))) {
      const { sources, sourcesContent = [] } = JSON.parse(read(file)) as {
        sources: string[];
        sourcesContent?: (string | null)[];
      };
      expect([file, sourcesContent.filter((text) => text !== null).length]).toEqual([
        file,
        sources.length,
      ]);
    }
  });
});

describe('the conditions of each path', () => {
  const places = [
    'types',
    'edge-light',
    'wintercg',
    'workerd',
    'deno',
    'bun',
    'browser',
    'node',
    'default',
  ];

  it('stand in the order in which runtimes must find them', () => {
    for (const [path, target] of Object.entries(manifest.exports)) {
      if (typeof target === 'string') continue;
      const conditions = Object.keys(target);
      expect([path, conditions]).toEqual([path, places.filter((one) => conditions.includes(one))]);
    }
  });

  it('let require() through: none is for import alone', () => {
    expect(JSON.stringify(manifest.exports)).not.toMatch(/"(import|require|module-sync)"/);
    const modules = Object.values(manifest.exports).filter((target) => typeof target === 'object');
    expect(modules.filter((target) => !('default' in target))).toEqual([]);
  });
});

describe('the linters of packages', () => {
  const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);

  it('publint has nothing to say', async () => {
    const said = await run(bin('publint'), ['run', tarball.path, '--strict'], place.path);
    expect(said).toContain('All good!');
  });

  // One rule is about what Node could not do before 20.19: require() a module. `entries.test.ts`
  // does it. TypeScript's old resolution, which knows no `exports`, is what profile node16 leaves out.
  it('attw finds nothing but that require() gives a module', async () => {
    const args = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
    const said = await run(bin('attw'), [tarball.path, ...args, '--format', 'json'], place.path);
    const { analysis } = JSON.parse(said) as {
      analysis: { problems: { kind: string; resolutionKind?: string }[]; entrypoints: object };
    };
    const problems = analysis.problems.filter(({ resolutionKind }) => resolutionKind !== 'node10');
    expect(problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([]);
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(Object.keys(manifest.exports).sort());
  });
});
