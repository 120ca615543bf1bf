/**
 * Real processes with the real SDK: what happens last is exported before the process ends.
 *
 * @module
 */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program, RUNTIMES } from '../runtime/program.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');

beforeAll(() => bundle(SERVICE));

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('a SIGTERM exports the boot, the shutdown and the last metrics', async () => {
    const program = await Program.start(runtime, {}, SERVICE);
    expect(program.all('span')).toEqual([]);
    program.signal('SIGTERM');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.all('span').map(({ name }) => name)).toEqual([
      'tidegate.boot',
      'restore',
      'tidegate.shutdown',
      'flush_wal',
    ]);
    expect(program.all('phase').map(({ phase }) => phase)).toEqual(['stopped']);
  });
});
