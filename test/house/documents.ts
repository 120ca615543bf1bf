/**
 * The documents of the repository, as text: which there are, and what can be read out of them. What is
 * expected of them is for the tests.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';

/** What a user reads, in the order of the README's links. */
export const MANUAL: readonly string[] = ['README.md', ...markdownIn('docs')];

/** Every document, those for contributors among them. */
export const DOCUMENTS: readonly string[] = [
  ...markdownIn('.'),
  ...['bench', 'docs', 'test'].flatMap(markdownIn),
  'test/loom/README.md',
];

export function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The text below a heading, to the next one of its level or above. */
export function section(text: string, heading: string): string {
  const lines = withoutCode(text).split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line !== heading);
  if (start < 0) throw new Error(`There is no heading "${heading}"`);
  const level = levelOf(lines[start] ?? '');
  const length = lines.slice(start + 1).findIndex((line) => levelOf(line) <= level);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** The rows of the first table in a text, without its head; cells without the quotes of code. */
export function rowsOf(text: string): string[][] {
  const [, , ...rows] = /(?:^\|.*\|\n?)+/m.exec(text)?.[0].trim().split('\n') ?? [];
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
  );
}

/** What a heading is called in an address, as GitHub, npm and JSR call it. */
export function anchorsOf(text: string): string[] {
  const counts = new Map<string, number>();
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const slug = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Where the links and pictures of a text lead. */
export function linksOf(text: string): string[] {
  const links = withoutCode(text).replaceAll(/`[^`\n]*`/g, '``');
  return [
    ...links.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$|\b(?:src|srcset|href)="([^"]+)"/gm),
  ].map(([, inline, reference, attribute]) => inline ?? reference ?? attribute ?? '');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, (block) => block.replaceAll(/[^\n]+/g, ''));
}

function levelOf(line: string): number {
  return /^(#+) /.exec(line)?.[1]?.length ?? Number.POSITIVE_INFINITY;
}

function markdownIn(folder: string): string[] {
  const prefix = folder === '.' ? '' : `${folder}/`;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => prefix + name);
}
