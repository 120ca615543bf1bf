/**
 * The threat model of SECURITY.md: every line of it names a test that is there.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const [, model = ''] = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').split('## Threat model');
const lines = model
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

it('has a table', () => {
  expect(lines.length).toBeGreaterThan(15);
});

it.each(lines)('%s%s', (_, threat, answer, test = '') => {
  expect([threat, answer]).not.toContain('');
  const [, file = '', title = ''] = /^`(test\/[\w/-]+\.test\.ts)`: (.+)$/.exec(test) ?? [];
  expect(title).not.toBe('');
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title);
});
