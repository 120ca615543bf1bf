/**
 * The sources as text: which there are, and what each imports. It runs none of them.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Written by the build. */
const GENERATED = ['binary.ts', 'thread-source.ts', 'watcher-source.ts', 'assets.ts'];

/** The TypeScript files of a folder, as paths in the repository. */
export function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !GENERATED.includes(entry.name),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

/** The text of a file. */
export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The source without its comments. */
export function code(file: string): string {
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

/** What a file imports or re-exports from the repository, types included. */
export function localImports(file: string): string[] {
  return [...code(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target = '']) => {
    const path = join(dirname(file), target);
    return path.endsWith('.ts') ? path : `${path}.ts`;
  });
}
