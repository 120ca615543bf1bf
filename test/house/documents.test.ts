/**
 * The documents say what the code does: their tables have the codes, names and defaults of the source,
 * their figures are those of the benchmarks, and the picture is the one that its script draws.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { read, rowsOf, section } from './documents.ts';

/** The first cells of the table below a heading. */
function namesIn(path: string, heading: string): (string | undefined)[] {
  return rowsOf(section(read(path), heading)).map(([name]) => name);
}

/** The members of a union of strings in a source file, in their order. */
function unionIn(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`export type ${type} =([\\s\\S]*?);`).exec(read(path)) ?? [];
  return [...union.matchAll(/\| '([a-z_]+)'/g)].map(([, name = '']) => name);
}

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

describe('docs/why.md', () => {
  it('has no figure that is not in bench/README.md', () => {
    const cells = rowsOf(section(read('docs/why.md'), 'What it costs'));
    const figures = [
      ...section(read('docs/why.md'), 'What it costs').matchAll(/\| (\d[\d.,]*)( ?\S*) *\|$/gm),
    ].map(([, number = '', unit = '']) => number + unit);
    expect(figures.length).toBeGreaterThan(cells.length);
    const measured = read('bench/README.md');
    // Times of calls are in nanoseconds there, without the unit, in a cell with others.
    const isMeasured = (figure: string): boolean =>
      measured.includes(`| ${figure} `) ||
      new RegExp(`\\| ${figure.replace(' ns', '')}( ·|\\s+\\|)`).test(measured);
    expect(figures.filter((figure) => !isMeasured(figure))).toEqual([]);
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
