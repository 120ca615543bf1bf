/**
 * The workers of `docs/edge.md` and of the docstrings, as they are written, on real workerd.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CURRENT_DATE, programAt, start } from './isolates.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = 'build/edge/document';

const inDocument = [
  ...readFileSync(join(ROOT, 'docs/edge.md'), 'utf8').matchAll(/^```ts worker\n([\s\S]*?)^```$/gm),
].map(([, code = '']) => code);

const inDocstrings = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) =>
    [
      ...readFileSync(join(ROOT, 'src', name), 'utf8').matchAll(
        /@example\n \s*\* ```ts worker\n([\s\S]*?)```/g,
      ),
    ].map(([, block = '']) => completed(block.replaceAll(/^\s*\* ?/gm, ''))),
  );

/** Short because they are read beside the code: what they name is imported before them. */
function completed(code: string): string {
  const isMissing = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`import .*\\b${name}\\b`).test(code);
  const names = { Fleet: 'tidegate/cloudflare', withLifecycle: 'tidegate/workerd' };
  const imports = Object.entries(names)
    .filter(([name]) => isMissing(name))
    .map(([name, path]) => `import { ${name} } from '${path}';\n`);
  const worker = code.includes('export default')
    ? ''
    : 'export default { fetch: () => new Response() };';
  return `${imports.join('')}${code}${worker}`;
}

async function answerOf(code: string, name: string, path: string): Promise<string> {
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  writeFileSync(join(ROOT, FOLDER, `${name}.ts`), code);
  const modules = await programAt(`${FOLDER}/${name}.ts`, `${FOLDER}/${name}.js`, ['node:*']);
  const objects = { FLEET: 'LifecycleObject', STORE: 'StoreObject' };
  const bound = Object.entries(objects)
    .filter(([, className]) => code.includes(className))
    .map(([name, className]) => [name, { className, useSQLite: true }]);
  await using isolates = await start([
    {
      name: 'worker',
      modules,
      compatibilityDate: CURRENT_DATE,
      bindings: {
        ADMIN_TOKEN: 'secret',
        VERSION: { id: 'v1', timestamp: '2026-01-01T00:00:00Z' },
        CF_VERSION_METADATA: { id: 'v1', timestamp: '2026-01-01T00:00:00Z' },
      },
      durableObjects: Object.fromEntries(bound),
    },
  ]);
  const answer = await isolates.ask('worker', path, { method: 'POST' });
  return `${answer.status} ${await answer.text()}`;
}

describe('the workers of the document', () => {
  it('serve: one alone, one of a fleet, and one with a store', async () => {
    const [alone = '', fleet = '', store = ''] = inDocument;
    expect(inDocument).toHaveLength(3);
    expect(await answerOf(alone, 'alone', '/')).toBe('200 POST in wasm');
    expect(await answerOf(alone, 'alone', '/admin/drain')).toMatch(/^401 /);
    expect(await answerOf(fleet, 'fleet', '/')).toBe('200 hello');
    expect(await answerOf(fleet, 'fleet', '/fleet/drain')).toMatch(/^401 /);
    expect(await answerOf(store, 'store', '/')).toBe('200 hello');
  });
});

describe('the workers of the docstrings', () => {
  it('serve', async () => {
    expect(inDocstrings).toHaveLength(4);
    for (const [index, code] of inDocstrings.entries()) {
      expect(await answerOf(code, `docstring-${index}`, '/')).toMatch(/^200 /);
    }
  });
});
