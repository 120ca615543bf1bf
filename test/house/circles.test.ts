/**
 * No circles: files that import one another cannot be read one at a time. Imports of types count, since
 * a reader follows them too.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { localImports, sources } from './sources.ts';

type Imports = Readonly<Record<string, readonly string[]>>;

it('no files of assembly, src and bench import one another in a circle', () => {
  const files = ['assembly', 'src', 'bench'].flatMap(sources);
  const imports = Object.fromEntries(files.map((file) => [file, localImports(file)]));
  expect(Object.values(imports).flat().length).toBeGreaterThan(500);
  expect(circles(imports)).toEqual([]);
});

it('a circle is found, by whatever file it is entered', () => {
  const imports = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['d'], e: ['a', 'f'], f: [] };
  expect(circles(imports)).toEqual(['a -> b -> c -> a', 'd -> d']);
});

/** One way round each circle that a walk from file to file comes upon. */
function circles(imports: Imports): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(' -> '));
    if (start >= 0 || done.has(file)) return;
    for (const next of imports[file] ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of Object.keys(imports)) visit(file, []);
  return found;
}
