/**
 * The documents say what the code does: their tables have the codes, names and defaults of the source,
 * their figures are those of the benchmarks, and the picture is the one that its script draws.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NAMES } from '../../src/auto/settings.ts';
import { ENDS } from '../../src/cli/arguments.ts';
import { Exit } from '../../src/cli/exit.ts';
import { PROBES } from '../../src/cli/target.ts';
import { measure } from '../../src/http/measures.ts';
import { HANDLER_OPTIONS } from '../../src/http/options.ts';
import { Lifecycle } from '../../src/index.ts';
import { linksOf, MANUAL, read, rowsOf, section } from './documents.ts';

/** The first cells of the table below a heading. */
function namesIn(path: string, heading: string): (string | undefined)[] {
  return rowsOf(section(read(path), heading)).map(([name]) => name);
}

/** The members of a union of strings in a source file, in their order. */
function unionIn(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`export type ${type} =([\\s\\S]*?);`).exec(read(path)) ?? [];
  return [...union.matchAll(/\| '([a-z_]+)'/g)].map(([, name = '']) => name);
}

/** The keys of a list of names in a source file, in their order. */
function listIn(path: string, name: string): string[] {
  const [, list = ''] =
    new RegExp(`const ${name}\\b[^=]*= \\[([\\s\\S]*?)\\]`).exec(read(path)) ?? [];
  return [...list.matchAll(/'(\w+)'/g)].map(([, key = '']) => key);
}

describe('README.md', () => {
  it('is at most 200 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
  });

  it('leads to every document', () => {
    const links = linksOf(read('README.md'));
    expect(MANUAL.filter((path) => path !== 'README.md' && !links.includes(path))).toEqual([]);
  });
});

describe('docs/memory.md', () => {
  it('shows the memory as assembly/layout.ts has it', () => {
    const [, block = ''] = /\* ```text\n([\s\S]*?)\n \* ```/.exec(read('assembly/layout.ts')) ?? [];
    const diagram = block.replaceAll(/^ \* ?/gm, '');
    expect(diagram).toContain('STATE');
    expect(read('docs/memory.md')).toContain(`\`\`\`text\n${diagram}\n\`\`\``);
  });
});

describe('the tables', () => {
  it('of docs/metrics.md have every metric, in the order of a scrape', () => {
    const names = namesIn('docs/metrics.md', 'Metrics').map((name) => name?.replace(/\{.*/, ''));
    expect(names).toEqual(measure(Lifecycle.create()).map(({ name }) => name));
  });

  it('of docs/cli.md have every exit code', () => {
    expect(namesIn('docs/cli.md', 'Exit codes').map(Number)).toEqual(Object.values(Exit));
  });

  it('of docs/cli.md have all that can be waited for', () => {
    expect(namesIn('docs/cli.md', 'Waiting')).toEqual([...Object.keys(PROBES), ...ENDS]);
  });

  it('of docs/http.md have every option of createHandler()', () => {
    expect(namesIn('docs/http.md', 'Options').sort()).toEqual([...HANDLER_OPTIONS, 'audit'].sort());
  });

  it('of docs/servers.md have every option of serve()', () => {
    const options = listIn('src/runtime/options.ts', 'KNOWN');
    expect(options).toContain('lifecycle');
    expect(namesIn('docs/servers.md', 'serve').sort()).toEqual(options.sort());
  });

  it('of docs/auto.md have every variable', () => {
    expect(namesIn('docs/auto.md', 'Variables').sort()).toEqual([...NAMES].sort());
  });

  it('of docs/threads.md have every option of serveProbes()', () => {
    const options = listIn('src/probes/serve.ts', 'KNOWN');
    expect(options).toContain('lifecycle');
    expect(namesIn('docs/threads.md', 'The probe thread').sort()).toEqual(options.sort());
  });

  it('of docs/shutdown.md have every option of handleSignals()', () => {
    const options = listIn('src/runtime/signal-options.ts', 'KEYS');
    expect(options).toContain('signals');
    expect(namesIn('docs/shutdown.md', 'Signals').sort()).toEqual(options.sort());
  });
});

describe('docs/errors.md', () => {
  const codes = unionIn('src/lifecycle/errors.ts', 'LifecycleErrorCode');
  const types = unionIn('src/lifecycle/journal.ts', 'LogEventType');

  it('has every code of LifecycleError, in the order of the source, and no other', () => {
    expect(codes.length).toBeGreaterThan(20);
    expect(namesIn('docs/errors.md', 'Codes')).toEqual(codes);
  });

  it('has every type of event that is logged, and no other', () => {
    expect(types.length).toBeGreaterThan(10);
    expect(namesIn('docs/errors.md', 'What is logged')).toEqual(types);
  });

  it('says for each what it means and what to do', () => {
    const rows = ['Codes', 'What is logged'].flatMap((heading) =>
      rowsOf(section(read('docs/errors.md'), heading)),
    );
    expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([]);
  });
});

describe('docs/glossary.md', () => {
  it('defines each term once', () => {
    const terms = [...read('docs/glossary.md').matchAll(/^### (.+)\n\n(.+)/gm)];
    const names = terms.map(([, name = '']) => name.toLowerCase());
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe('the figures', () => {
  /** Numbers with a unit of time, as they are written. */
  const figuresIn = (path: string): string[] =>
    section(read(path), 'What it costs').match(/\d[\d.,]* (?:ns|µs|ms)\b/g) ?? [];

  it.each(['README.md', 'docs/why.md'])('of %s are those of bench/README.md', (path) => {
    const measured = read('bench/README.md');
    // Times of calls are in nanoseconds there, without the unit, in a cell with others.
    const isMeasured = (figure: string): boolean =>
      measured.includes(`| ${figure} `) ||
      new RegExp(`\\| ${figure.replace(' ns', '')} *[·|]`).test(measured);
    expect(figuresIn(path).length).toBeGreaterThanOrEqual(3);
    expect(figuresIn(path).filter((figure) => !isMeasured(figure))).toEqual([]);
  });
});

describe('docs/phases.svg', () => {
  it('is what docs/picture.js draws', () => {
    const drawn = spawnSync(process.execPath, ['docs/picture.js', '--print'], { encoding: 'utf8' });
    expect(drawn.stderr).toBe('');
    expect(read('docs/phases.svg')).toBe(drawn.stdout);
  });

  it('has a colour for light and one for dark wherever it has one', () => {
    const picture = read('docs/phases.svg');
    const used = new Set([...picture.matchAll(/class="([a-z]+)"/g)].map(([, name = '']) => name));
    const halves = picture.split('@media (prefers-color-scheme: dark)');
    expect([halves.length, used.size]).toEqual([2, 10]);
    for (const half of halves) {
      expect([...used].filter((name) => !half.includes(`.${name} {`))).toEqual([]);
    }
  });
});

describe('test/README.md', () => {
  it('has every folder of the tests, and no other', () => {
    const folders = readdirSync('test', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `[${name}](${name})`);
    expect(namesIn('test/README.md', 'What is where')).toEqual(folders.sort());
  });
});
