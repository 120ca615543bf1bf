/**
 * Makes `jargon-file.jsonl.gz` of the Jargon File as Debian's package `dict-jargon` has it. Needed
 * only to make that file again:
 *
 *     apt-get download dict-jargon && dpkg -x dict-jargon_*.deb package
 *     node examples/documents/corpus/convert.js package/usr/share/dictd
 *
 * One document a line: `{"id", "title", "text"}`. The Jargon File 4.4.7 is in the public domain.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node convert.js FOLDER_WITH_jargon.dict.dz_AND_jargon.index');
  process.exit(2);
}

const dictionary = gunzipSync(readFileSync(join(folder, 'jargon.dict.dz')));
const documents = new Map();
for (const line of readFileSync(join(folder, 'jargon.index'), 'utf8').trimEnd().split('\n')) {
  const [headword = '', offset = '', length = ''] = line.split('\t');
  if (headword.startsWith('00-database')) continue;
  const entry = dictionary.subarray(number(offset), number(offset) + number(length));
  const [title = '', ...rest] = entry.toString('utf8').trim().split('\n');
  const text = rest
    .map((each) => each.trim())
    .join('\n')
    .trim();
  const id = freeId(title, headword);
  if (text !== '' && id !== '') documents.set(id, { id, title: title.trim(), text });
}

const lines = [...documents.values()].map((document) => `${JSON.stringify(document)}\n`);
writeFileSync(
  new URL('jargon-file.jsonl.gz', import.meta.url),
  gzipSync(lines.join(''), { level: 9 }),
);
console.log(`${lines.length} documents`);

/** The index has its numbers in base 64, most significant digit first. */
function number(digits) {
  return [...digits].reduce((value, digit) => value * 64 + DIGITS.indexOf(digit), 0);
}

/** Two entries may differ by punctuation only; the later ones get a number. */
function freeId(title, headword) {
  const slug = (text) =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
  const base = (slug(title) || slug(headword)).slice(0, 48);
  let id = base;
  for (let count = 2; documents.has(id); count++) id = `${base}-${count}`;
  return id;
}
