/**
 * The documents that the first boot loads: the Jargon File 4.4.7, which is in the public domain,
 * made by `corpus/convert.js`.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Content } from './queries.ts';

/** Where they are. */
export const CORPUS: string = join(import.meta.dirname, 'corpus', 'jargon-file.jsonl.gz');

/** A document with its name. */
export interface NamedContent extends Content {
  readonly id: string;
}

/** Reads all of them. */
export function readCorpus(file: string): NamedContent[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as NamedContent);
}
