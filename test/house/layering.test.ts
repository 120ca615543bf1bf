/**
 * The house plan: imports point down the floors, and a stranger finds the rooms. It reads sources
 * as text; it runs none.
 *
 * @module
 */

import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { code, localImports, read, sources } from './sources.ts';

/** From the ground up. A floor may import its own files and those of the floors it lists. */
const FLOORS: Record<string, readonly string[]> = {
  assembly: [],
  'src/core': ['assembly'],
  'src/lifecycle': ['assembly', 'src/core'],
  'src/compose': ['src/core', 'src/lifecycle'],
  'src/http': ['src/lifecycle', 'src'],
  'src/opentelemetry': ['src/lifecycle', 'src/http', 'src'],
  'src/runtime': ['src/lifecycle'],
  'src/fleet': ['assembly', 'src/core', 'src/lifecycle'],
  'src/cloudflare': ['src/lifecycle', 'src/fleet', 'src/http', 'src/runtime'],
  'src/probes': ['src/core', 'src/lifecycle', 'src/http', 'src/runtime'],
  'src/auto': ['src/lifecycle', 'src/http', 'src/runtime', 'src/probes'],
  'src/run': ['src/lifecycle', 'src/runtime'],
  'src/cli': ['src/lifecycle', 'src/http', 'src/run', 'src'],
};

/** Files of src itself: the doors, which re-export, and what every floor may name. */
const DOORS = [
  'src/index.ts',
  'src/browser.ts',
  'src/auto.ts',
  'src/atomics.ts',
  'src/node.ts',
  'src/deno.ts',
  'src/bun.ts',
  'src/edge.ts',
  'src/edge-light.ts',
  'src/workerd.ts',
  'src/cloudflare.ts',
  'src/compose.ts',
  'src/bench.ts',
  'src/bench-edge.ts',
  'src/fleet.ts',
  'src/opentelemetry.ts',
  'src/http/index.ts',
  'src/http/for-edge.ts',
];
const ENTRY = [...DOORS, 'src/version.ts'];

describe('the floors', () => {
  const files = [...sources('assembly'), ...sources('src')];

  it('every source file is on a floor', () => {
    const homeless = files.filter((file) => floorOf(file) === undefined && !ENTRY.includes(file));
    expect(homeless).toEqual([]);
  });

  it('imports point down', () => {
    const upward: string[] = [];
    for (const file of files) {
      const floor = floorOf(file);
      if (floor === undefined) continue;
      for (const target of localImports(file)) {
        const below = FLOORS[floor] ?? [];
        const to = floorOf(target) ?? dirname(target);
        if (to !== floor && !below.includes(to)) upward.push(`${file} -> ${target}`);
      }
    }
    expect(upward).toEqual([]);
  });

  it('the backends share the layout and nothing else', () => {
    const shared = sources('src/core/atomics')
      .concat('src/core/atomics.ts')
      .flatMap((file) => localImports(file))
      .filter((target) => !target.startsWith('src/core/atomics'));
    expect([...new Set(shared)].sort()).toEqual(['assembly/layout.ts', 'src/core/core.ts']);
  });

  it('assembly/layout.ts imports nothing', () => {
    expect(localImports('assembly/layout.ts')).toEqual([]);
  });

  it('no floor below the runtime names a runtime API', () => {
    const named = files
      .filter((file) => !/^src\/(runtime|probes|auto|run|cli)\//.test(file))
      .filter((file) => /from 'node:|\bDeno\.|\bBun\.|\bprocess\./.test(code(file)));
    expect(named).toEqual([]);
  });

  it.each(DOORS)('%s only re-exports', (door) => {
    const statements = code(door)
      .replace(/export (type )?(\*|\{[^}]*\}) from '[^']+';/g, '')
      .trim();
    expect(statements).toBe('');
  });

  it('every file opens with what it is', () => {
    const silent = files.filter(
      (file) => !/^(#!.*\n)?\/\*\*[\s\S]*?@module\n \*\//.test(read(file)),
    );
    expect(silent).toEqual([]);
  });

  it('no file has a default export, an enum, or an escape from the type checker', () => {
    const escapes =
      /export default|^\s*(export )?(const )?enum |\bas any\b|: any\b|@ts-(ignore|nocheck)/m;
    expect(files.filter((file) => escapes.test(code(file)))).toEqual([]);
  });
});

function floorOf(file: string): string | undefined {
  return Object.keys(FLOORS).find((floor) => file.startsWith(`${floor}/`));
}
