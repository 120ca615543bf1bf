/**
 * Every example in the README and in the docstrings is run on Node against the built package; those
 * of the README print what their `// =>` comments say.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

interface Example {
  readonly title: string;
  readonly code: string;
  /** A service, it runs until it is told to stop. */
  readonly isServer: boolean;
}

const FOLDER = 'build/readme';

describe('the examples of the README', () => {
  const examples = inReadme();

  it('are there', () => {
    expect(examples.filter(({ isServer }) => isServer).length).toBeGreaterThanOrEqual(1);
    expect(examples.length).toBeGreaterThanOrEqual(9);
  });

  for (const [index, example] of examples.entries()) {
    if (example.isServer) continue;
    it(`${example.title} prints what it says`, async () => {
      expect(expected(example.code)).not.toEqual([]);
      expect(await run(example, `readme-${index}`)).toEqual(expected(example.code));
    });
  }

  for (const [index, example] of examples.entries()) {
    if (!example.isServer) continue;
    it(`${example.title} serves, answers its probes and stops with exit code 0`, async () => {
      const child = start(example, `readme-${index}`);
      const url = /http\S+/.exec(await firstLine(child))?.[0] ?? '';
      const put = await fetch(new URL('/a', url), { method: 'PUT', body: 'kept' });
      expect(put.status).toBe(204);
      expect(await (await fetch(url)).json()).toEqual({ '/a': 'kept' });
      expect((await fetch(new URL('/health/ready/write', url))).status).toBe(200);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    });
  }
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

function inReadme(): Example[] {
  let heading = '';
  const found: Example[] = [];
  const readme = readFileSync('README.md', 'utf8');
  for (const match of readme.matchAll(/^## (.+)$|^```ts( server)?\n([\s\S]*?)^```$/gm)) {
    const [, title, server, code] = match;
    if (title !== undefined) heading = title;
    else if (code !== undefined)
      found.push({ title: heading, code, isServer: server !== undefined });
  }
  return found;
}

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
      found.push({ title: `src/${name}`, code: completed(code), isServer: false });
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

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').once('data', resolve);
    child.once('exit', (code) => reject(new Error(`It ended with ${code} before it listened`)));
  });
}
