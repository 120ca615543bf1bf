/**
 * Every example in the README, the documents and the docstrings is run on Node against the built
 * package; those of README and documents print what their `// =>` comments say.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { MANUAL, read } from './documents.ts';

interface Example {
  readonly title: string;
  readonly code: string;
}

const FOLDER = 'build/readme';

/** Of a file of Markdown, the blocks of one kind, each with the heading above it. */
function examplesIn(path: string, kind: 'ts' | 'ts server'): Example[] {
  let heading = '';
  const found: Example[] = [];
  for (const match of read(path).matchAll(/^#+ (.+)$|^```(ts(?: \w+)?)\n([\s\S]*?)^```$/gm)) {
    const [, title, language, code = ''] = match;
    if (title !== undefined) heading = title;
    else if (language === kind) found.push({ title: `${path}, ${heading}`, code });
  }
  return found;
}

describe('the examples of the documents', () => {
  const examples = MANUAL.flatMap((path) => examplesIn(path, 'ts'));

  it('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(9);
  });

  for (const [index, example] of examples.entries()) {
    it(`${example.title}: prints what it says`, async () => {
      expect(expected(example.code)).not.toEqual([]);
      expect(await run(example, `document-${index}`)).toEqual(expected(example.code));
    });
  }
});

describe('the service of the README', () => {
  const [service = { title: '', code: '' }, ...others] = MANUAL.flatMap((path) =>
    examplesIn(path, 'ts server'),
  );

  it('is one of fifteen lines', () => {
    expect(others).toEqual([]);
    expect(service.code.split('\n').filter((line) => line !== '')).toHaveLength(15);
  });

  it('serves, goes on serving until load balancers have left, flushes, and stops with exit code 0', async () => {
    // As it stands, but for the port, which it has to say.
    const code = service.code
      .replace('port: 8080', 'port: 0')
      .replace(/^await serve\((.*)\);$/m, 'console.log((await serve($1)).url);');
    const child = start({ ...service, code }, 'service');
    const output = lines(child);
    const { value: url } = await output.next();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const ask = async (path: string, method = 'GET', body?: string): Promise<Response> =>
      fetch(new URL(path, url), { method, body: body ?? null });

    expect((await ask('/health/ready/write')).status).toBe(200);
    expect((await ask('/admin/status')).status).toBe(403);
    expect(await (await ask('/', 'POST', 'kept')).json()).toEqual(['kept']);
    child.kill('SIGTERM');
    let status = 200;
    while (status === 200) ({ status } = await ask('/health/ready/write'));
    expect(status).toBe(503);
    expect((await ask('/', 'POST', 'in the pre-drain')).status).toBe(200);
    // The load balancer goes on asking, until nobody answers.
    let answered: boolean;
    do {
      answered = await ask('/health/ready/write').then(
        () => true,
        () => false,
      );
    } while (answered);
    expect(await ended).toBe(0);
    expect((await output.next()).value).toBe('flushed 2 notes');
  });
});

describe('the examples of the docstrings', () => {
  const examples = inDocstrings();

  it('are there', () => {
    expect(examples).not.toEqual([]);
  });

  for (const [index, example] of examples.entries()) {
    it(`${example.title} runs`, async () => {
      await run(example, `docstring-${index}`);
    });
  }
});

/** What an example of a docstring may use without saying where it comes from. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  tidegate: ['Lifecycle', 'Phase', 'phaseFromU8'],
  'tidegate/http': ['createHandler'],
  'tidegate/node': ['adopt', 'handleSignals', 'serve', 'serveProbes', 'toNodeListener'],
};

/** Short because they are read beside the code: imports and `lifecycle` are put before them. */
function inDocstrings(): Example[] {
  const found: Example[] = [];
  for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const source = readFileSync(`src/${name}`, 'utf8');
    for (const [, block = ''] of source.matchAll(/@example\n \s*\* ```ts\n([\s\S]*?)```/g)) {
      const code = block.replaceAll(/^\s*\* ?/gm, '').replaceAll('8080', '0');
      found.push({ title: `src/${name}`, code: completed(code) });
    }
  }
  return found;
}

function completed(code: string): string {
  const isMissing = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`import .*\\b${name}\\b`).test(code);
  const creates = isMissing('lifecycle') && !/const lifecycle\b/.test(code);
  const imports = Object.entries(NAMES).map(([path, names]) => {
    const needed = names.filter((name) => isMissing(name) || (creates && name === 'Lifecycle'));
    return `import { ${needed.join(', ')} } from '${path}';\n`;
  });
  const lifecycle = creates ? 'const lifecycle = Lifecycle.create();\n' : '';
  // Servers would keep the process.
  return `${imports.join('')}${lifecycle}${code}\nprocess.exit(0);\n`;
}

function expected(code: string): string[] {
  return [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, text = '']) => text);
}

function start({ code }: Example, name: string): ChildProcess {
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}/${name}.mjs`;
  writeFileSync(file, transformSync(code, { loader: 'ts', target: 'node20' }).code);
  return spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function run(example: Example, name: string): Promise<string[]> {
  const child = start(example, name);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
  return output === '' ? [] : output.trimEnd().split('\n');
}

function lines(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('There is no output to read');
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}
