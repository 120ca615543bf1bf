/**
 * What a reader of the API finds at each name of `tidegate`: a lint of its documentation.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

it('every public name and member of tidegate is documented, and of a public type', async () => {
  const deno = join(ROOT, 'node_modules/.bin/deno');
  const env = { ...process.env, NO_COLOR: '1' };
  const said = await new Promise<string>((resolve) => {
    const args = ['doc', '--lint', 'src/index.ts'];
    execFile(deno, args, { cwd: ROOT, env }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
  expect(said.match(/^error.*\n.*-->.*/gm) ?? []).toEqual([]);
  expect(said).toContain('Checked 1 file');
});
