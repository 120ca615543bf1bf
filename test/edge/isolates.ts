/**
 * Real workerd, run by miniflare: bundles a program as a Workers project would and starts it. What
 * the program answers is the tests' business.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundle } from '../matrix/bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What is used of miniflare and workerd, whose own types need the platform's. */
interface Events {
  scheduled(options: { cron: string }): Promise<{ readonly outcome: string }>;
  queue(name: string, messages: readonly object[]): Promise<{ readonly outcome: string }>;
}

interface Miniflare {
  readonly ready: Promise<URL>;
  unsafeGetDirectURL(worker: string): Promise<URL>;
  getWorker(worker: string): Promise<Events>;
  dispose(): Promise<void>;
}

const load = createRequire(import.meta.url);
const { Miniflare } = load('miniflare') as { Miniflare: new (options: object) => Miniflare };
const { compatibilityDate, version } = load('workerd') as {
  readonly compatibilityDate: string;
  readonly version: string;
};

/** The version of workerd under test. */
export const WORKERD: string = version;

/**
 * The oldest date that is supported. Before it, a promise that one request settles leaves another
 * request that waits for it hanging (`handle_cross_request_promise_resolution`).
 *
 * @see https://developers.cloudflare.com/workers/configuration/compatibility-flags/
 */
export const OLDEST_DATE = '2024-10-14';

/** What the workerd that npm installed here calls today. */
export const CURRENT_DATE: string = compatibilityDate;

/** Both ends of what is supported. */
export const DATES: readonly string[] = [CURRENT_DATE, OLDEST_DATE];

/** A bundled program with the binary that it imports, as miniflare takes its modules. */
export type Program = readonly object[];

/**
 * Bundles `test/edge/programs/<name>.ts`.
 *
 * @param external what else stays an import, as wrangler leaves those of Node
 */
export function program(name: string, external: readonly string[] = []): Promise<Program> {
  return programAt(`test/edge/programs/${name}.ts`, `build/edge/${name}.js`, external);
}

/** Bundles a program with the built package, as the condition `workerd` has it. */
export async function programAt(
  entry: string,
  outfile: string,
  external: readonly string[] = [],
): Promise<Program> {
  await bundle({
    entry,
    outfile,
    conditions: ['workerd'],
    external: ['*.wasm', 'cloudflare:*', ...external],
  });
  return programOf(readFileSync(join(ROOT, outfile), 'utf8'));
}

/** A bundle beside the binaries that it imports, from the package at `installed`. */
export function programOf(code: string, installed: string = ROOT): Program {
  // Those that it names: `bare` is of `tidegate/bench`.
  const binaries = ['core.unshared.wasm', 'bare.unshared.wasm'].filter((name) =>
    code.includes(name),
  );
  return [
    { type: 'ESModule', path: 'worker.js', contents: code },
    ...binaries.map((path) => ({
      type: 'CompiledWasm',
      path,
      contents: readFileSync(join(installed, 'dist', path)),
    })),
  ];
}

/** One isolate: a Worker of its own in the same workerd. */
export interface IsolateOptions {
  readonly name: string;
  readonly modules: Program;
  readonly compatibilityDate: string;
  /** More of miniflare's own options: bindings. */
  readonly [option: string]: unknown;
}

/** Isolates that are up. */
export interface Isolates extends AsyncDisposable {
  /** Asks one of them, over a socket of its own. */
  ask(isolate: string, path: string, init?: RequestInit): Promise<Response>;
  /** Where it listens. */
  url(isolate: string): Promise<URL>;
  /** Delivers what is not a request. */
  events(isolate: string): Promise<Events>;
}

/** Starts one workerd with these isolates, and waits until it serves. */
export async function start(
  workers: readonly IsolateOptions[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<Isolates> {
  const miniflare = new Miniflare({
    ...options,
    workers: workers.map((worker) => ({
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      ...worker,
    })),
  });
  await miniflare.ready;
  const url = (isolate: string): Promise<URL> => miniflare.unsafeGetDirectURL(isolate);
  return {
    url,
    ask: async (isolate, path, init) => fetch(new URL(path, await url(isolate)), init),
    events: (isolate) => miniflare.getWorker(isolate),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}
