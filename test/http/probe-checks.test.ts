/**
 * The list of checks in an answer to a probe: the same one as long as it is true, and no longer.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { checksOnProbe } from '../../src/http/probe-checks.ts';
import type { CheckSnapshot } from '../../src/lifecycle/check-records.ts';

const DISK: CheckSnapshot = {
  name: 'disk',
  healthy: true,
  affects: 'write',
  sinceMs: 3_000,
  error: null,
  member: 1,
};
const DATABASE: CheckSnapshot = {
  name: 'db',
  healthy: false,
  affects: 'ready',
  sinceMs: 1_999,
  error: 'down',
  member: 0,
};
const SAID = [
  { name: 'disk', healthy: true, affects: 'write', since_secs: 3 },
  { name: 'db', healthy: false, affects: 'ready', since_secs: 1, error: 'down' },
];

it('is the very same list for checks that say the same, in which milliseconds are not said', () => {
  const list = checksOnProbe([DISK, DATABASE]);
  expect(list).toEqual(SAID);
  const later = [
    { ...DISK, sinceMs: 3_999 },
    { ...DATABASE, sinceMs: 1_000 },
  ];
  expect(checksOnProbe(later)).toBe(list);
  // A probe without checks is no reason to make it again.
  expect(checksOnProbe([])).toEqual([]);
  expect(checksOnProbe(later)).toBe(list);
});

it.each<[string, readonly CheckSnapshot[], readonly object[]]>([
  ['its name', [DISK, { ...DATABASE, name: 'pg' }], [SAID[0] ?? {}, { ...SAID[1], name: 'pg' }]],
  [
    'whether it is healthy',
    [{ ...DISK, healthy: false }, DATABASE],
    [{ ...SAID[0], healthy: false }, SAID[1] ?? {}],
  ],
  [
    'what it affects',
    [{ ...DISK, affects: 'nothing' }, DATABASE],
    [{ ...SAID[0], affects: 'nothing' }, SAID[1] ?? {}],
  ],
  [
    'the second',
    [DISK, { ...DATABASE, sinceMs: 2_000 }],
    [SAID[0] ?? {}, { ...SAID[1], since_secs: 2 }],
  ],
  [
    'its error',
    [DISK, { ...DATABASE, error: 'lost' }],
    [SAID[0] ?? {}, { ...SAID[1], error: 'lost' }],
  ],
  [
    'an error where there was none',
    [{ ...DISK, error: 'full' }, DATABASE],
    [{ ...SAID[0], error: 'full' }, SAID[1] ?? {}],
  ],
  [
    'an error that is gone',
    [DISK, { ...DATABASE, error: null }],
    [SAID[0] ?? {}, { name: 'db', healthy: false, affects: 'ready', since_secs: 1 }],
  ],
  ['a check less', [DISK], [SAID[0] ?? {}]],
  ['a check more', [DISK, DATABASE, DISK], [...SAID, SAID[0] ?? {}]],
  ['another order', [DATABASE, DISK], [...SAID].reverse()],
])('is another list, and true, as soon as it says another thing: %s', (_, checks, said) => {
  const before = checksOnProbe([DISK, DATABASE]);
  expect(checksOnProbe(checks)).toEqual(said);
  expect(before).toEqual(SAID);
});
