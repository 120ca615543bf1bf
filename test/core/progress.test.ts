/**
 * What has ended so far, read by one thread while the host of a shutdown goes on: an end that comes in
 * the middle of the read.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { CLAIM_HOST } from '../../assembly/layout.ts';
import { Lifecycle } from '../../src/index.ts';
import { putEnded, putWaiting, readProgress } from '../../src/lifecycle/records.ts';
import { Seat } from '../../src/lifecycle/seat.ts';

// Brings the backends.
Lifecycle.create();

it.each(['wasm', 'atomics'] as const)(
  'no step is there without the one that ended before it, on %s',
  (backend) => {
    const host = Seat.create({ backend });
    const { core, member } = host;
    core.takeHost(member.number, member.incarnation, 1_000);
    const slot = core.claimReport(member.number, member.incarnation, CLAIM_HOST);
    for (const [index, name] of ['a', 'b'].entries()) {
      putWaiting(host, slot, index, name, 'running');
    }
    const end = (index: number, name: string): void => {
      const step = { name, status: 'ok', durationMs: 1 } as const;
      putEnded(host, slot, index, index + 1, { step, endMs: 1 });
    };
    const reader = Seat.attach(host.share(), { backend });
    let isOver = false;
    reader.core = Object.create(reader.core, {
      getStep: {
        value: (...[at, own, index]: Parameters<typeof core.getStep>): number => {
          // The first record has been read by now.
          if (index === 1 && !isOver) {
            isOver = true;
            end(0, 'a');
            end(1, 'b');
          }
          return core.getStep(at, own, index);
        },
      },
    });
    const { ended, running } = readProgress(reader);
    expect([ended.map(({ step }) => step.name), running]).toEqual([['a', 'b'], []]);
  },
);
