/**
 * What the package says of itself is the same everywhere: manifests, lock file, README. What is in
 * the bundle is another test's business.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { DOCUMENTS, read, section } from './documents.ts';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}

const manifest = json('package.json');
const jsr = json('deno.json');

describe('the manifests', () => {
  it('name the same version, licence and entry points', () => {
    expect([jsr.version, VERSION]).toEqual([manifest.version, manifest.version]);
    expect([manifest.name, jsr.name]).toEqual(['tidegate', '@tidegate/tidegate']);
    expect([manifest.license, jsr.license]).toEqual(['MIT', 'MIT']);
    expect(manifest.engines).toEqual({ node: '>=20' });
    // What JSR serves is the source of what npm does, but for what is no module, and for what
    // imports the binary as one: JSR cannot check the types of a .wasm that imports its memory.
    const sources = Object.entries(manifest.exports as Record<string, { default: string }>)
      .filter(([path]) => !/\.(wasm|json)$|^\.\/workerd$/.test(path))
      .map(([path, target]) => [
        path,
        target.default.replace('./dist/', './src/').replace('.js', '.ts'),
      ]);
    expect(jsr.exports).toEqual(Object.fromEntries(sources));
    const imports = sources.map(([path = '', source]) => [`tidegate${path.slice(1)}`, source]);
    const peers = Object.entries(manifest.peerDependencies as Record<string, string>).map(
      ([name, range]) => [name, `npm:${name}@${range}`],
    );
    expect(jsr.imports).toEqual(Object.fromEntries([...imports, ...peers]));
  });

  it('have no runtime dependency: the loader is bundled, and peers are optional', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    const { peerDependencies, peerDependenciesMeta } = manifest;
    const optional = Object.keys(peerDependencies as object).map((name) => [
      name,
      { optional: true },
    ]);
    expect(peerDependenciesMeta).toEqual(Object.fromEntries(optional));
  });
});

describe('the lock file', () => {
  const packages = Object.entries(json('package-lock.json').packages as Record<string, Locked>);

  it('names no host', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  // npm ci refuses a lock that lacks an optional package, also of another platform.
  it('has every optional package of every platform', () => {
    const places = new Set(packages.map(([place]) => place));
    const missing = packages.flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !places.has(`node_modules/${name}`) && !places.has(`${place}/node_modules/${name}`),
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  it('lists every published path', () => {
    const table = section(readme, 'Install');
    const paths = [...table.matchAll(/`(tidegate(?:\/[a-z.]+)?)`/g)].map(([, path = '']) => path);
    const published = Object.keys(manifest.exports as object)
      .filter((path) => path !== './package.json')
      .map((path) => path.replace('.', 'tidegate'));
    expect([...new Set(paths)].sort()).toEqual(published.sort());
  });

  it('and the documents name commands that the package has', () => {
    const scripts = manifest.scripts as Record<string, string>;
    const named = [
      ...DOCUMENTS.map(read)
        .join('\n')
        .matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+|loom)\b/g),
    ];
    expect(named.map(([, name = '']) => name in scripts)).not.toContain(false);
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
  });
});

function json(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}
