/**
 * What a page loads: the size of the bundle, what is in it, and that it runs. It bundles the built
 * package as an application would, by its name and with no setting but the platform.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type BuildResult, build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** The project's promise: minified and gzipped, wasm and loader included. */
const BOUND_BYTES = 21 * 1024;

const run = promisify(execFile);

interface Bundle {
  readonly text: string;
  readonly inputs: readonly string[];
}

async function bundle(code: string): Promise<Bundle> {
  const result: BuildResult<{ write: false; metafile: true }> = await build({
    stdin: { contents: code, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    // esbuild warns of what sideEffects: false makes it leave out, but not under node_modules.
    logLevel: 'error',
  });
  const [file] = result.outputFiles;
  return { text: file?.text ?? '', inputs: Object.keys(result.metafile.inputs) };
}

/** Runs a module on Node, which has what a worker of a page has, and returns what it prints. */
async function output(code: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
  return stdout.trim();
}

const packed = (text: string): number => gzipSync(text, { level: 9 }).length;

const LIFE = `
  const lifecycle = Lifecycle.create({ backend, shared: false });
  lifecycle.markReady();
  lifecycle.gate.run('write', () => 'written');
  const { drained } = await lifecycle.shutdown();
  console.log(lifecycle.backend, drained, lifecycle.phase());
`;

describe('the bundle for a browser', () => {
  it(`is at most ${BOUND_BYTES} bytes, minified and gzipped, all in`, async () => {
    const { text } = await bundle("export { Lifecycle } from 'tidegate';");
    console.log(`bundle: ${packed(text)} of ${BOUND_BYTES} bytes gzipped, ${text.length} minified`);
    expect(packed(text)).toBeLessThanOrEqual(BOUND_BYTES);
    // All in: the import of the binary as it is embedded, and the imports that the loader makes.
    expect(text.includes('env&memory')).toBe(true);
    expect(text.includes('abort: ')).toBe(true);
  });

  it("has the loader's instantiation, not the wrappers that nobody calls", async () => {
    const { text } = await bundle("export { Lifecycle } from 'tidegate';");
    for (const word of ['__newString', '__getArray', '__setArgumentsLength']) {
      expect([word, text.includes(word)]).toEqual([word, false]);
    }
  });

  it('has no atomics backend until tidegate/atomics is imported', async () => {
    const alone = await bundle("export { Lifecycle } from 'tidegate';");
    const both = await bundle("export * from 'tidegate'; export * from 'tidegate/atomics';");
    expect(alone.inputs).toContain('dist/browser.js');
    // What only the atomics backend names: BigInt64Array is in the loader too, these are not.
    for (const word of ['compareExchange', 'setBigInt64']) {
      expect(alone.text).not.toContain(word);
      expect(both.text).toContain(word);
    }
  });

  it('has no status page, which the same import has on a server', async () => {
    const { text, inputs } = await bundle("export { createHandler } from 'tidegate/http';");
    expect(inputs).toContain('dist/http/for-edge.js');
    expect(text).toContain('/admin/status');
    expect(text).not.toContain('<!doctype html>');
    expect(
      await output(
        "import('tidegate/http').then(({ createHandler }) => console.log(String(createHandler)))",
      ),
    ).toContain('wantsPage');
  });

  it('runs on the wasm backend', async () => {
    const { text } = await bundle(`
      import { Lifecycle } from 'tidegate';
      const backend = 'wasm';
      ${LIFE}
    `);
    expect(await output(text)).toBe('wasm true 4');
  });

  it('says which line is missing for the atomics backend', async () => {
    const { text } = await bundle(`
      import { Lifecycle, LifecycleError } from 'tidegate';
      try {
        Lifecycle.create({ backend: 'atomics' });
      } catch (error) {
        console.log(error instanceof LifecycleError, error.code, error.message);
      }
    `);
    expect(await output(text)).toMatch(/^true backend_missing .*useAtomics\(\).*tidegate\/atomics/);
  });

  it('does nothing for an import of tidegate/atomics, and runs on it after useAtomics()', async () => {
    const { text } = await bundle(`
      import { Lifecycle } from 'tidegate';
      import { useAtomics } from 'tidegate/atomics';
      const backend = 'atomics';
      try {
        Lifecycle.create({ backend });
      } catch (error) {
        console.log(error.code);
      }
      useAtomics();
      ${LIFE}
    `);
    expect((await output(text)).split('\n')).toEqual(['backend_missing', 'atomics true 4']);
  });

  it('is nothing at all where nothing is used', async () => {
    const { text } = await bundle(`
      import { Lifecycle, Phase } from 'tidegate';
      import { useAtomics } from 'tidegate/atomics';
      import { createHandler } from 'tidegate/http';
      console.log('nothing');
    `);
    expect(text.trim()).toBe('console.log("nothing");');
  });
});

describe('the entry points', () => {
  it('share each class, however many are imported', async () => {
    const printed = await output(`
      const [index, browser, atomics] = await Promise.all(
        ['index', 'browser', 'atomics', 'http/index', 'node', 'deno', 'bun'].map(
          (name) => import(${JSON.stringify(`file://${ROOT}/dist/`)} + name + '.js'),
        ),
      );
      const same = Object.keys(browser).map((name) => index[name] === browser[name]);
      console.log(same.every(Boolean), Object.keys(index).join() === Object.keys(browser).join());
      console.log(Object.keys(atomics).join());
    `);
    expect(printed.split('\n')).toEqual(['true true', 'useAtomics']);
  });

  it('are built from one definition of each class', () => {
    const files = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' });
    const code = files
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(join(ROOT, 'dist', file), 'utf8'))
      // The probe thread's program is another program, as a string in this one.
      .map((text) => text.replaceAll(/^.*createServer as .*$/gm, ''))
      .join('\n');
    for (const name of ['Lifecycle', 'LifecycleError', 'GateClosedError', 'WriteGate', 'Seat']) {
      const definitions = code.match(new RegExp(`\\bclass ${name}\\b|\\b${name} = class\\b`, 'g'));
      expect([name, definitions?.length]).toEqual([name, 1]);
    }
  });

  it.each(['node', 'deno', 'bun'])('on %s have both backends without a call', async (runtime) => {
    const program = runtime === 'node' ? process.execPath : `node_modules/.bin/${runtime}`;
    const flags = { node: ['--input-type=module', '--eval'], deno: ['eval'], bun: ['--eval'] };
    const code = `
      import { Lifecycle } from 'tidegate';
      for (const backend of ['wasm', 'atomics']) {
        ${LIFE}
      }
    `;
    const args = flags[runtime as keyof typeof flags];
    const { stdout } = await run(program, [...args, code], { cwd: ROOT });
    expect(stdout.trim().split('\n')).toEqual(['wasm true 4', 'atomics true 4']);
  });
});

describe('the package on a server', () => {
  it('is imported and lives where intrinsics are frozen: it writes to no global', async () => {
    const doors = ['tidegate', 'tidegate/http', 'tidegate/node', 'tidegate/cloudflare'];
    const code = `
      const [{ Lifecycle }] = await Promise.all(
        ${JSON.stringify(doors)}.map((door) => import(door)),
      );
      const backend = 'wasm';
      ${LIFE}
    `;
    const args = ['--frozen-intrinsics', '--input-type=module', '--eval', code];
    expect((await run(process.execPath, args)).stdout.trim()).toBe('wasm true 4');
  });
});
