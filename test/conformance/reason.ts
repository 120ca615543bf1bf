/**
 * Contract §4: why it is not ready.
 *
 * @module
 */

import { equal, throws } from './claims.ts';
import { inPhase, NOT_STRINGS, type Suite } from './suite.ts';

/** What is kept of a text: 240 bytes of UTF-8, cut at a code point, no lone surrogates. */
const TEXTS: readonly (readonly [what: string, text: string, kept: string])[] = [
  ['empty', '', ''],
  ['short', 'restoring', 'restoring'],
  ['of 240 bytes', 'x'.repeat(240), 'x'.repeat(240)],
  ['of 241 bytes', 'x'.repeat(241), 'x'.repeat(240)],
  ['of 2-byte characters', 'é'.repeat(121), 'é'.repeat(120)],
  ['with a 2-byte character across the limit', `x${'é'.repeat(120)}`, `x${'é'.repeat(119)}`],
  ['with a 3-byte character across the limit', `xx${'€'.repeat(80)}`, `xx${'€'.repeat(79)}`],
  ['with a 4-byte character across the limit', `xxx${'🌊'.repeat(60)}`, `xxx${'🌊'.repeat(59)}`],
  ['with a lone high surrogate', 'a\ud83cb', 'a\ufffdb'],
  ['with a lone low surrogate at the end', 'a\udf0a', 'a\ufffd'],
  ['with a byte-order mark', '\ufeffa', '\ufeffa'],
  ['with NUL and newline', 'a\0b\nc', 'a\0b\nc'],
];

export const reason: Suite = {
  name: 'the starting reason',
  behaviours: [
    {
      title: 'there is no reason before the first is set',
      run: (subject) => equal(subject.create().notReadyReason(), null),
    },
    ...TEXTS.map(([what, text, kept]) => ({
      title: `a text ${what} is kept as promised`,
      run: (subject: Parameters<Suite['behaviours'][number]['run']>[0]) => {
        const lifecycle = subject.create();
        lifecycle.setStartingReason(text);
        equal(lifecycle.notReadyReason(), kept);
        equal(lifecycle.snapshot().reason, kept);
      },
    })),
    {
      title: 'the last text wins, longer or shorter',
      run: (subject) => {
        const lifecycle = subject.create();
        for (const text of ['first', 'a much longer second', 'x', '']) {
          lifecycle.setStartingReason(text);
          equal(lifecycle.notReadyReason(), text);
        }
      },
    },
    {
      title: 'it is gone, and cannot be set, in any other phase',
      run: (subject) => {
        for (const phase of [1, 2, 3, 4]) {
          const lifecycle = subject.create();
          lifecycle.setStartingReason('before');
          inPhase(lifecycle, phase);
          equal(lifecycle.notReadyReason(), null, `phase ${phase}`);
          lifecycle.setStartingReason('after');
          equal([lifecycle.notReadyReason(), lifecycle.snapshot().reason], [null, null]);
        }
      },
    },
    {
      title: 'what is no text is refused, and the reason stays',
      run: (subject) => {
        const lifecycle = subject.create();
        lifecycle.setStartingReason('stays');
        for (const text of NOT_STRINGS) {
          throws(() => lifecycle.setStartingReason(text as string), 'invalid_argument');
        }
        equal(lifecycle.notReadyReason(), 'stays');
      },
    },
    {
      title: 'another seat reads it, and its own text is the last one then',
      needsShared: true,
      run: (subject) => {
        const lifecycle = subject.create();
        const other = subject.attach(lifecycle);
        lifecycle.setStartingReason('from the first');
        equal(other.notReadyReason(), 'from the first');
        other.setStartingReason('from the second');
        equal(
          [lifecycle.notReadyReason(), other.notReadyReason()].join(),
          'from the second,from the second',
        );
      },
    },
  ],
};
