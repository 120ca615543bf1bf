/**
 * The declarations in the tarball, compiled by programs that use all of them: TypeScript 5.9 and 7,
 * both resolutions, with and without the DOM library, with Node's types, with a worker's, with none.
 *
 * @module
 */

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, folder, install, type Manifest, pack, ROOT, run } from './tarball.ts';

const CONSUMER = join(import.meta.dirname, 'consumer');

/** What needs nothing but the language. */
const PORTABLE = [
  'lifecycle.ts',
  'pages.ts',
  'handler.ts',
  'doors.ts',
  'edge.ts',
  'cases.ts',
  'components.ts',
  'leases.ts',
];

/** Which libraries a program is compiled with, and what can be compiled so. */
const WORLDS = [
  {
    // Without telemetry.ts: OpenTelemetry's own declarations need a console.
    world: 'no DOM and no types of a runtime',
    lib: ['ES2022'],
    types: [],
    programs: PORTABLE,
  },
  {
    world: 'the DOM library',
    lib: ['ES2022', 'DOM'],
    types: [],
    programs: [...PORTABLE, 'telemetry.ts', 'web.ts'],
  },
  {
    world: "a web worker's library",
    lib: ['ESNext', 'WebWorker'],
    types: [],
    programs: [...PORTABLE, 'telemetry.ts', 'web.ts', 'using.ts'],
  },
  {
    world: "Node's types and no DOM",
    lib: ['ES2023'],
    types: ['node'],
    programs: [...PORTABLE, 'telemetry.ts', 'web.ts', 'node.ts'],
  },
  {
    world: "Node's types and the DOM library",
    lib: ['ESNext', 'DOM', 'DOM.Iterable'],
    types: ['node'],
    programs: readdirSync(CONSUMER).filter((name) => name.endsWith('.ts')),
  },
];

const COMPILERS = [
  { compiler: 'TypeScript 5.9', at: 'typescript', version: /^Version 5\.9\./ },
  { compiler: 'TypeScript 7', at: 'typescript-7', version: /^Version 7\./ },
];

const RESOLUTIONS = [
  { resolution: 'nodenext', module: 'nodenext' },
  { resolution: 'bundler', module: 'esnext' },
];

/** Types of others, and a framework; the tarball needs none of them. */
const LINKED = [
  '@types/node',
  'undici-types',
  '@opentelemetry/api',
  '@cloudflare/workers-types',
  'hono',
];

let place: Folder;
let manifest: Manifest;

beforeAll(async () => {
  place = folder();
  manifest = await install(await pack(place.path), place.path, CONSUMER);
  // Where TypeScript looks for them.
  mkdirSync(join(place.path, 'node_modules/@types'));
  mkdirSync(join(place.path, 'node_modules/@opentelemetry'));
  mkdirSync(join(place.path, 'node_modules/@cloudflare'));
  cpSync(join(import.meta.dirname, 'platform'), place.path, { recursive: true });
  for (const name of LINKED) {
    symlinkSync(join(ROOT, 'node_modules', name), join(place.path, 'node_modules', name));
  }
});

afterAll(() => place.remove());

function compile(at: string, project: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules', at, 'bin/tsc');
  return run(process.execPath, [tsc, '--project', project], place.path);
}

/** As strict as a compiler can be, and no declaration is excused. */
function configure(name: string, options: object, files: readonly string[]): string {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'ES2022',
  };
  writeFileSync(
    join(place.path, name),
    JSON.stringify({ compilerOptions: { ...strict, ...options }, files }),
  );
  return name;
}

describe.each(COMPILERS)('$compiler', ({ at, version }) => {
  it('is the compiler that it says', async () => {
    const tsc = join(ROOT, 'node_modules', at, 'bin/tsc');
    expect(await run(process.execPath, [tsc, '--version'], place.path)).toMatch(version);
  });

  describe.each(RESOLUTIONS)('$resolution', ({ resolution, module }) => {
    it.each(WORLDS)('compiles with $world', async ({ lib, types, programs }) => {
      const options = { module, moduleResolution: resolution, lib, types };
      const project = configure(`tsconfig.${resolution}.json`, options, programs);
      expect(await compile(at, project)).toBe('');
    });
  });

  it("compiles a Worker of Hono with Cloudflare's types", async () => {
    const types = ['@cloudflare/workers-types'];
    // Those of others are not checked: they are not ours, and meet the newest compiler first here.
    const options = { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022'], types };
    const project = configure('tsconfig.hono.json', { ...options, skipLibCheck: true }, [
      'hono.ts',
    ]);
    expect(await compile(at, project)).toBe('');
  });

  it('compiles a require() from CommonJS', async () => {
    const options = { module: 'nodenext', lib: ['ES2023'], types: ['node'] };
    expect(await compile(at, configure('tsconfig.cjs.json', options, ['required.cts']))).toBe('');
  });

  it('fails where a program is wrong, so that the above means something', async () => {
    writeFileSync(
      join(place.path, 'wrong.ts'),
      "import { Lifecycle } from 'tidegate';\nLifecycle.create().phases();\n",
    );
    const options = { module: 'nodenext', lib: ['ES2022'], types: [] };
    const compiled = compile(at, configure('tsconfig.wrong.json', options, ['wrong.ts']));
    await expect(compiled).rejects.toThrow(/wrong\.ts.*TS2551.*phases/s);
  });
});

describe('the consumer programs', () => {
  // So that what is added to an entry is added here, and compiled in every world.
  it('name every export of every entry', () => {
    const text = readdirSync(CONSUMER)
      .map((name) => readFileSync(join(CONSUMER, name), 'utf8'))
      .join('\n');
    const unused = Object.keys(manifest.exports)
      .filter((path) => !path.endsWith('.json'))
      .flatMap((path) => exportsOf(path).map((name) => `${path} ${name}`))
      .filter((line) => !new RegExp(`\\b${line.split(' ')[1]}\\b`).test(text));
    expect(unused).toEqual([]);
  });

  it('call every method of a lifecycle, its gate and its stages', () => {
    const text = readFileSync(join(CONSUMER, 'lifecycle.ts'), 'utf8');
    const members = ['Lifecycle', 'WriteGate', 'Stage', 'ColdStartPhases'].flatMap((name) =>
      methodsOf(name),
    );
    expect(members).toContain('markReady');
    expect(members.filter((name) => !text.includes(`.${name}(`))).toEqual([]);
  });
});

/** The symbols that an entry's declarations export. */
function symbolsOf(path: string): { checker: ts.TypeChecker; symbols: ts.Symbol[] } {
  const target = manifest.exports[path];
  const types = typeof target === 'object' ? target.types : undefined;
  if (typeof types !== 'string') throw new Error(`${path} has no types`);
  const file = join(place.path, 'node_modules/tidegate', types);
  const program = ts.createProgram([file], { target: ts.ScriptTarget.ES2022, lib: [], types: [] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} is no module`);
  return { checker, symbols: checker.getExportsOfModule(module) };
}

function exportsOf(path: string): string[] {
  return symbolsOf(path).symbols.map(({ name }) => (name === 'default' ? 'core.wasm' : name));
}

function methodsOf(name: string): string[] {
  const { checker, symbols } = symbolsOf('.');
  const found = symbols.find((symbol) => symbol.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  const symbol = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .filter(({ flags }) => (flags & ts.SymbolFlags.Method) !== 0)
    .map((property) => property.name);
}
