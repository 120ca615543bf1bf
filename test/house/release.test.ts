/**
 * What must be set before a release: the check fails until it is, and says what to set; a build and a
 * packed tarball do not need it. Nothing is published.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-release-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** The command of `npm run release:check`, on a manifest with this `repository`. */
function check(repository: unknown): { status: number | null; stdout: string; stderr: string } {
  const [program = '', ...args] = scripts['release:check']?.split(' ') ?? [];
  const manifest = join(folder, 'package.json');
  writeFileSync(manifest, JSON.stringify({ name: 'tidegate', repository }));
  return spawnSync(program, [...args, manifest], { encoding: 'utf8' });
}

describe('npm run release:check', () => {
  it.each([[undefined], [''], [{ type: 'git' }], [{ type: 'git', url: '' }], [null]])(
    'fails with the repository %j, and says what to set',
    (repository) => {
      const { status, stdout, stderr } = check(repository);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^Cannot release: \S+ must have "repository"/);
      expect(stderr).toContain('"repository": { "type": "git", "url": "git+https://');
    },
  );

  it.each([['github:owner/name'], [{ type: 'git', url: 'git+https://example.com/a/b.git' }]])(
    'passes with the repository %j',
    (repository) => {
      expect(check(repository)).toMatchObject({ status: 0, stderr: '' });
    },
  );

  it('comes before a publish, and before nothing else', () => {
    const users = Object.entries(scripts).filter(([, command]) =>
      command.includes('release:check'),
    );
    expect(users.map(([name]) => name)).toEqual(['prepublishOnly']);
  });
});
