/**
 * What an isolate loads: the size of the bundle and its binary, and what is not in it. That it runs
 * is what the other tests here are about.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** The project's promise: minified and gzipped, binary and loader included. */
const BOUND_BYTES = 22 * 1024;
/** The same for one of a fleet, with the fleet's object and the routes of `tidegate/http`. */
const FLEET_BOUND_BYTES = 33 * 1024;

const binary = readFileSync(join(ROOT, 'dist/core.unshared.wasm'));
const packed = (content: string | Uint8Array): number => gzipSync(content, { level: 9 }).length;

/** Bundles a worker as a Workers project does, which uploads the `.wasm` beside it. */
async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm'],
    write: false,
    // esbuild warns of what sideEffects: false makes it leave out, but not under node_modules.
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

const WORKER = `
  import { withLifecycle } from 'tidegate/workerd';
  export default withLifecycle({ fetch: () => new Response('hello') });
`;

const FLEET = `
  import { Fleet, LifecycleObject } from 'tidegate/cloudflare';
  import { withLifecycle } from 'tidegate/workerd';
  const fleet = new Fleet({ namespace: (env) => env.FLEET, deployment: (env) => env.VERSION });
  export { LifecycleObject };
  export default withLifecycle(
    { fetch: () => new Response('hello') },
    { fleet, handler: (lifecycle, env) => fleet.handler(lifecycle, env, { adminToken: env.TOKEN }) },
  );
`;

describe('the bundle for the edge', () => {
  it(`is at most ${BOUND_BYTES} bytes, minified and gzipped, all in`, async () => {
    const text = await bundle(WORKER);
    const [script, wasm] = [packed(text), packed(binary)];
    console.log(
      `edge bundle: ${script + wasm} of ${BOUND_BYTES} bytes gzipped (${wasm} of them binary)`,
    );
    expect(text).toContain('core.unshared.wasm');
    expect(script + wasm).toBeLessThanOrEqual(BOUND_BYTES);
  });

  it(`is at most ${FLEET_BOUND_BYTES} bytes for one of a fleet, all in`, async () => {
    const text = await bundle(FLEET);
    const bytes = packed(text) + packed(binary);
    console.log(`edge bundle of a fleet: ${bytes} of ${FLEET_BOUND_BYTES} bytes gzipped`);
    expect(text).toContain('core.unshared.wasm');
    for (const path of ['/fleet/drain', '/health/ready', '/metrics']) expect(text).toContain(path);
    expect(bytes).toBeLessThanOrEqual(FLEET_BOUND_BYTES);
  });

  it('has neither the embedded binary nor the atomics backend in it', async () => {
    const all = await bundle(`${FLEET} export * from 'tidegate'; export * from 'tidegate/http';`);
    expect(all).toContain('/health/live');
    for (const word of ['env&memory', 'compareExchange']) {
      expect([word, all.includes(word)]).toEqual([word, false]);
    }
  });

  it('is nothing at all where nothing is used', async () => {
    const text = await bundle(`
      import { Lifecycle } from 'tidegate';
      import { Fleet } from 'tidegate/cloudflare';
      import { withLifecycle } from 'tidegate/workerd';
      console.log('nothing');
    `);
    // An import that is external stays, as it could do something; the platform loads it for nothing.
    expect(text.replace(/import ?"\.\/core\.unshared\.wasm";/, '').trim()).toBe(
      'console.log("nothing");',
    );
  });
});

describe('the binary for the edge', () => {
  it('is the one that is published, but for the flag of its memory', () => {
    const shared = readFileSync(join(ROOT, 'dist/core.wasm'));
    const changed = [...shared.keys()].filter((at) => shared[at] !== binary[at]);
    expect([binary.length, changed.length]).toEqual([shared.length, 1]);
    const [at = 0] = changed;
    expect([shared[at], binary[at]]).toEqual([3, 1]);
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3 });
    const module = new WebAssembly.Module(new Uint8Array(binary));
    expect(() => new WebAssembly.Instance(module, { env: { memory } })).not.toThrow();
  });
});
