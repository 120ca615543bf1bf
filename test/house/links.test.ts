/**
 * Links between the documents: each leads to a file that is there, and to a heading of it. Addresses of
 * other hosts are not asked.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, DOCUMENTS, linksOf, read } from './documents.ts';

/** The links of a document that lead nowhere. */
function broken(path: string, text: string): string[] {
  return linksOf(text).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : posix.join(posix.dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
  });
}

describe('links', () => {
  it.each(DOCUMENTS)('of %s lead to files and headings that exist', (path) => {
    expect(broken(path, read(path))).toEqual([]);
  });

  it('are relative, without a slash in front: npm and JSR resolve those, and no others', () => {
    const rooted = DOCUMENTS.flatMap((path) =>
      linksOf(read(path)).filter((link) => link.startsWith('/')),
    );
    expect(rooted).toEqual([]);
  });

  it.each([
    ['a file', '[x](docs/none.md)'],
    ['a heading', '[x](SECURITY.md#none)'],
    ['a heading of its own', '[x](#none)'],
    ['a picture', '<img alt="" src="docs/none.svg">'],
    ['a reference', '[x]: docs/none.md'],
  ])('that lead to %s that does not exist are found', (_, text) => {
    expect(broken('README.md', text)).toHaveLength(1);
  });
});
