/**
 * JSR: what `deno publish` would publish passes its checks, slow types among them, and is all there
 * is to run. Nothing is published.
 *
 * @module
 */

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, ROOT, run } from './tarball.ts';

const DENO = join(ROOT, 'node_modules/.bin/deno');
const QUIET = { NO_COLOR: '1' };

/** What the dry run lists, as paths in the repository. */
async function published(): Promise<string[]> {
  // The list is on stderr, and so is what is wrong; a failure throws with both.
  const command = `'${DENO}' publish --dry-run --allow-dirty 2>&1`;
  const said = await run('sh', ['-c', command], ROOT, QUIET);
  expect(said).toContain('Checking for slow types in the public API');
  expect(said).toContain('Dry run complete');
  expect(said).not.toMatch(/warning|slow type.*(found|skipped)/i);
  return [...said.matchAll(/file:\/\/(\S+) \(/g)].map(([, path = '']) =>
    path.replace(`${ROOT}/`, ''),
  );
}

describe('deno publish', () => {
  it('passes, without slow types, and publishes what is needed and no more', async () => {
    const files = await published();
    expect(files).toContain('src/core/binary.ts');
    expect(files).toContain('src/probes/thread-source.ts');
    expect(files).toContain('src/fleet/watcher-source.ts');
    for (const paper of ['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'deno.json']) {
      expect(files).toContain(paper);
    }
    // Here, other than on npm, a file that nobody loads costs nobody anything.
    const documents = readdirSync(join(ROOT, 'docs')).filter((name) => !name.endsWith('.js'));
    const inDocs = files.filter((file) => file.startsWith('docs/'));
    expect(inDocs.sort()).toEqual(documents.map((name) => `docs/${name}`).sort());
    expect(
      files.filter((file) => /^(test|bench\/(?!cases)|examples|dist|build)\/|packing/.test(file)),
    ).toEqual([]);

    // The published files alone, as JSR serves them: they check, and they live.
    const place = folder();
    try {
      for (const file of files) cpSync(join(ROOT, file), join(place.path, file));
      const { imports, ...manifest } = JSON.parse(
        readFileSync(join(place.path, 'deno.json'), 'utf8'),
      ) as { imports: Record<string, string>; exports: Record<string, string> };
      // JSR writes npm's name and version into the sources where package.json has them.
      const loader = join(ROOT, 'node_modules/@assemblyscript/loader/index.js');
      const map = { imports: { ...imports, '@assemblyscript/loader': `file://${loader}` } };
      writeFileSync(join(place.path, 'deno.json'), JSON.stringify({ ...manifest, ...map }));
      writeFileSync(
        join(place.path, 'main.ts'),
        `import { Lifecycle } from 'tidegate';
         import { FleetClient } from 'tidegate/cloudflare';
         import { createHandler } from 'tidegate/http';
         import { serve } from 'tidegate/deno';
         const lifecycle = Lifecycle.create();
         const server = await serve({ lifecycle, fetch: createHandler(lifecycle), port: 0 });
         const answer: Response = await fetch(server.url + '/health/live');
         const { status }: { status: string } = await answer.json();
         await lifecycle.shutdown();
         await server.closed;
         const namespace = { idFromName: String, get: () => ({ fetch: () => Promise.reject() }) };
         const code: string = await new FleetClient(namespace).drain().catch((error) => error.code);
         console.log(lifecycle.backend, status, lifecycle.phase(), code);`,
      );
      const args = ['run', '--check', '--no-lock', '--no-remote', '--allow-net', 'main.ts'];
      expect((await run(DENO, args, place.path, QUIET)).trim()).toBe(
        'wasm alive 4 fleet_unreachable',
      );
    } finally {
      place.remove();
    }
  });
});
