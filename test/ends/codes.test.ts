/**
 * Exit codes: every way to ask for a shutdown, times every way in which it ends, times whether the
 * application has set one. Real processes.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { Program, RUNTIMES, type Runtime } from '../runtime/program.ts';
import { once } from '../runtime/wire.ts';
import type { EndOptions } from './service.ts';
import { bundleAll, SERVICE } from './start.ts';

beforeAll(bundleAll);

interface Way {
  readonly options: EndOptions;
  /** What else is done to it once it listens. */
  ask?(program: Program): unknown;
  readonly isWell: boolean;
}

const ASKED: Record<string, Way> = {
  SIGTERM: { options: {}, ask: (program) => program.signal('SIGTERM'), isWell: true },
  SIGINT: { options: {}, ask: (program) => program.signal('SIGINT'), isWell: true },
  HTTP: {
    options: {},
    ask: ({ port }) => once(port, '/admin/shutdown', { method: 'POST' }).catch(() => {}),
    isWell: true,
  },
  // What a fleet does in each of its processes.
  fleet: { options: { trigger: 'fleet' }, isWell: true },
  crash: { options: { crash: 'throws', signals: { crashes: true } }, isWell: false },
  'rejected boot': { options: { crash: 'boot', signals: { crashes: true } }, isWell: false },
};

const ENDS: Record<string, Way> = {
  clean: { options: {}, isWell: true },
  'step failed': { options: { steps: [{ name: 'flush_wal', fails: true }] }, isWell: false },
  'step timed out': {
    options: { steps: [{ name: 'flush_wal', hangs: true, timeoutMs: 30 }] },
    isWell: false,
  },
  'drain timed out': { options: { holdsPermit: true, drainTimeoutMs: 30 }, isWell: false },
  'close hung': {
    options: { servers: [{ closes: 'never' }], budgetMs: 300 },
    isWell: false,
  },
};

/** What the application sets, if it does. */
const PRESET = [undefined, 70];

/** How many processes run at the same time. */
const LANES = 4;

interface Row {
  readonly title: string;
  readonly options: EndOptions;
  readonly ask: (program: Program) => unknown;
  readonly code: number;
}

function rows(): Row[] {
  const all: Row[] = [];
  for (const [asked, way] of Object.entries(ASKED)) {
    for (const [end, { options, isWell }] of Object.entries(ENDS)) {
      for (const exitCode of PRESET) {
        // In Starting there is no permit to hold; the boot has failed in any case.
        all.push({
          title: `${asked}, ${end}, exitCode ${exitCode}`,
          options: {
            log: false,
            ...way.options,
            ...options,
            ...(exitCode === undefined ? {} : { exitCode }),
          },
          ask: (program) => way.ask?.(program),
          code: exitCode ?? (way.isWell && isWell ? 0 : 1),
        });
      }
    }
  }
  return all;
}

async function codeOf(runtime: Runtime, { options, ask }: Row): Promise<number | string | null> {
  const program = await Program.start(runtime, options, SERVICE);
  try {
    await ask(program);
    const { code, signal } = await program.exit;
    return signal ?? code;
  } finally {
    await program.kill();
  }
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('every exit code is what the table says', async () => {
    const left = rows();
    const expected = Object.fromEntries(left.map(({ title, code }) => [title, code]));
    const seen: Record<string, unknown> = {};
    const lane = async (): Promise<void> => {
      for (let row = left.pop(); row !== undefined; row = left.pop()) {
        seen[row.title] = await codeOf(runtime, row).catch(String);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(seen).toEqual(expected);
  });
});
