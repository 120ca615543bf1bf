/**
 * The rows of browsers: a page, cross-origin isolated or not, under a content security policy or
 * none, on its main thread and in a worker of it.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, Missing, Whereabouts } from '../conformance/harness.ts';
import type { Assignment } from './assignment.ts';
import { type Browser, findBrowser, PACKAGES } from './browser.ts';
import { bundle } from './bundle.ts';
import type { AbsentRow, Claim, Row } from './row.ts';
import type { Site } from './site.ts';
import { visit } from './visit.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = 'build/matrix/browser/page.js';
const BEHAVIOUR_MS = 60_000;
const ROW_MS = 300_000;

/** A way to serve a page. */
interface Serving {
  readonly name: string;
  readonly isIsolated: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly missing: readonly Missing[];
}

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** The ways, and what a page that is served so must be told it lacks. */
const SERVINGS: readonly Serving[] = [
  { name: 'isolated', isIsolated: true, headers: ISOLATED, missing: [] },
  {
    name: 'not isolated',
    isIsolated: false,
    headers: {},
    missing: (['wasm on shared memory', 'atomics on shared memory'] as const).map((subject) => ({
      subject,
      code: 'cannot_share',
      says: 'this page is not cross-origin isolated',
      why: 'a page without COOP and COEP cannot share memory; the isolated rows do',
    })),
  },
  {
    name: "script-src 'self'",
    isIsolated: true,
    headers: { ...ISOLATED, 'content-security-policy': "script-src 'self'" },
    missing: (['wasm on shared memory', 'wasm on unshared memory'] as const).map((subject) => ({
      subject,
      code: 'wasm_unavailable',
      says: "'wasm-unsafe-eval'",
      why: "the policy forbids WebAssembly; the rows with 'wasm-unsafe-eval' have it",
    })),
  },
  {
    name: "'wasm-unsafe-eval'",
    isIsolated: true,
    headers: {
      ...ISOLATED,
      'content-security-policy': "script-src 'self' 'wasm-unsafe-eval'",
    },
    missing: [],
  },
];

/** Builds the page and names the rows, of those browsers that are there and of those that are not. */
export async function pageRows(site: Site): Promise<(Row | AbsentRow)[]> {
  await bundle({
    entry: 'test/matrix/program/page.ts',
    outfile: PROGRAM,
    conditions: ['browser'],
  });
  const program = readFileSync(join(ROOT, PROGRAM));
  return (['chromium', 'firefox'] as const).flatMap((name) => {
    const browser = findBrowser(name);
    return SERVINGS.flatMap((serving) =>
      (['main', 'worker'] as const).map((thread) => {
        const place = `${serving.name}, ${thread === 'main' ? 'main thread' : 'worker'}`;
        const absent = `${name} is not installed; apt-get install ${PACKAGES[name]}`;
        if (browser === undefined) return { runtime: name, place, absent };
        return rowOf(browser, serving, thread, place, { site, program });
      }),
    );
  });
}

function rowOf(
  browser: Browser,
  { isIsolated, headers, missing }: Serving,
  thread: Assignment['thread'],
  place: string,
  { site, program }: { readonly site: Site; readonly program: Uint8Array },
): Row {
  const assignment: Assignment = { thread, task: { missing, timeoutMs: BEHAVIOUR_MS } };
  return {
    runtime: `${browser.name} ${browser.version}`,
    place,
    assignment,
    hasThreads: true,
    where: (where) => claims(browser, thread, isIsolated, where),
    run: async () => {
      const page = { headers, files: { 'page.js': program }, assignment };
      // What the page posts is what perform() returned there.
      return (await visit(browser, site, page, ROW_MS)) as Account;
    },
  };
}

function claims(
  { name, version }: Browser,
  thread: Assignment['thread'],
  isIsolated: boolean,
  where: Whereabouts,
): Claim[] {
  const scopes = { main: 'Window', worker: 'DedicatedWorkerGlobalScope' };
  const product = { chromium: 'Chrome', firefox: 'Firefox' }[name];
  // Browsers show the first number of their version only.
  const major = version.split('.')[0];
  const shown = new RegExp(`${product}/(\\d+)`).exec(where.userAgent ?? '')?.[1];
  return [
    ['the browser', shown, major],
    ['the thread', where.scope, scopes[thread]],
    ['cross-origin isolation', where.crossOriginIsolated, isIsolated],
    ['SharedArrayBuffer', where.hasSharedArrayBuffer, isIsolated],
    ['WebAssembly', where.hasWebAssembly, true],
    ['no server', Object.keys(where.versions), []],
  ];
}
