/**
 * `bench/workload.js`, the one file for suites of others: in engines that have nothing but ECMAScript
 * and WebAssembly, on every runtime, and driven as two public collections drive what is theirs.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { processRuntimes } from '../../bench/harness/runtimes.ts';
import { workload } from '../../bench/workload/build.js';
import { findBrowser, PACKAGES } from '../matrix/browser.ts';
import { Site } from '../matrix/site.ts';
import { visit } from '../matrix/visit.ts';

const FILE = 'bench/workload.js';
const PLACE = 'build/workload';
const text = readFileSync(FILE, 'utf8');

/** What it prints: a figure for each backend. */
const FIGURES = [
  expect.stringMatching(/^tidegate life wasm: \d+\.\d\d ms$/),
  expect.stringMatching(/^tidegate life atomics: \d+\.\d\d ms$/),
];

const execute = promisify(execFile);
const runtimes = processRuntimes().filter(({ name }) => ['node', 'deno', 'bun'].includes(name));

/** Lines that a process prints on stdout. */
async function printed(command: readonly string[]): Promise<string[]> {
  const [program = '', ...args] = command;
  const { stdout } = await execute(program, args, { env: { ...process.env, NO_COLOR: '1' } });
  return stdout.trim().split('\n');
}

beforeAll(() => {
  mkdirSync(PLACE, { recursive: true });
});

it('is what its sources make', async () => {
  // So that whoever changes them builds it, too: `npm run build:workload`.
  expect(text === (await workload())).toBe(true);
});

describe('alone, it prints a figure for each backend', () => {
  it('in a bare context, which has nothing but ECMAScript, WebAssembly and a print', async () => {
    const lines = await new Promise<string[]>((resolve) => {
      const found: string[] = [];
      const print = (line: string): void => {
        if (found.push(line) === FIGURES.length) resolve(found);
      };
      const context = createContext({ print });
      // A context of V8 brings a console, which no standard of the language has.
      runInContext('delete globalThis.console', context);
      for (const name of [
        'setTimeout',
        'performance',
        'AbortController',
        'TextEncoder',
        'console',
      ]) {
        expect([name, runInContext(`typeof ${name}`, context)]).toEqual([name, 'undefined']);
      }
      runInContext(text, context);
    });
    expect(lines).toEqual(FIGURES);
  });

  it.each(runtimes.map(({ name, command = [] }) => [name, command] as const))(
    'on %s',
    async (_, command) => {
      expect(await printed([...command, FILE])).toEqual(FIGURES);
    },
  );

  for (const name of ['chromium', 'firefox'] as const) {
    const browser = findBrowser(name);
    const missing = `SKIP: ${name} is not installed; apt-get install ${PACKAGES[name]}`;
    const skips = browser === undefined && process.env.CI === undefined;
    it.skipIf(skips)(`in ${name}, in a page${skips ? `: ${missing}` : ''}`, async () => {
      if (browser === undefined) throw new Error(missing);
      const site = await Site.open();
      try {
        const files = { 'page.js': PAGE, 'workload.js': text };
        const page = { headers: {}, files, assignment: null };
        expect(await visit(browser, site, page, 60_000)).toEqual(FIGURES);
      } finally {
        await site.close();
      }
    });
  }
});

/** Collects what the script prints. */
const PAGE = `
const lines = [];
console.log = (line) => {
  if (lines.push(line) === 2) fetch('answer', { method: 'POST', body: JSON.stringify(lines) });
};
document.head.append(Object.assign(document.createElement('script'), { src: 'workload.js' }));
`;

it('fails where a life does not come to its checksum', async () => {
  const [, checksum = ''] = /comes? to|(1618310787)/.exec(text) ?? [];
  expect(checksum).not.toBe('');
  const file = join(PLACE, 'wrong.mjs');
  writeFileSync(file, text.replace(checksum, '1618310788'));
  const failed = await printed([process.execPath, file]).catch(({ code, stderr }) => [
    code,
    stderr,
  ]);
  expect(failed).toEqual([
    1,
    expect.stringContaining('The life on wasm came to 1618310787, and not to 1618310788'),
  ]);
});

describe('driven by a collection', () => {
  // https://github.com/WebKit/JetStream, JetStreamDriver.js: what is evaluated in a realm, in order.
  it('like JetStream it declares Benchmark, prints nothing, and every iteration is validated', async () => {
    const lines: string[] = [];
    const results = await new Promise<number[]>((currentResolve, currentReject) => {
      const print = (line: string): unknown => lines.push(line);
      const console = { log: print, warn: print, error: print };
      const realm = createContext({ print, console, performance });
      Object.assign(realm, { self: realm, top: { currentResolve, currentReject } });
      const scripts = [
        'const isInBrowser = false; const isD8 = true;',
        text,
        `async function doRun() {
          const __benchmark = new Benchmark(3);
          await __benchmark.init?.();
          const results = [];
          for (let i = 0; i < 3; i++) {
            await __benchmark.prepareForNextIteration?.();
            const start = performance.now();
            await __benchmark.runIteration();
            results.push(Math.max(1, performance.now() - start));
          }
          __benchmark.validate?.(3);
          top.currentResolve(results);
        }
        doRun().catch(top.currentReject);`,
      ];
      for (const script of scripts) runInContext(script, realm);
    });
    expect([results.length, lines]).toEqual([3, []]);
  });

  it('its validation fails when fewer iterations have ended than were run', () => {
    const realm = createContext({});
    runInContext(`const isInBrowser = false; ${text}`, realm);
    expect(() => runInContext('new Benchmark(1).validate(1)', realm)).toThrow('0 lives of 2');
  });

  // https://github.com/oven-sh/bun, bench/snippets: files that import ../runner.mjs, which is mitata.
  it("like Bun's, by the lines that bench/PITFALLS.md shows", async () => {
    const [, snippet = ''] =
      /```js\n([\s\S]*?)```/.exec(readFileSync('bench/PITFALLS.md', 'utf8')) ?? [];
    mkdirSync(join(PLACE, 'snippets'), { recursive: true });
    writeFileSync(join(PLACE, 'runner.mjs'), "export { bench, group, run } from 'mitata';\n");
    writeFileSync(join(PLACE, 'snippets/tidegate.mjs'), snippet);
    copyFileSync(FILE, join(PLACE, 'snippets/workload.js'));
    const bun = runtimes.find(({ name }) => name === 'bun');
    const lines = await printed([...(bun?.command ?? []), join(PLACE, 'snippets/tidegate.mjs')]);
    for (const backend of ['wasm', 'atomics']) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^life ${backend} .*/iter`)));
    }
  });
});
