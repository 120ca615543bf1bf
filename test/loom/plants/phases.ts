/**
 * Slips in the phases, the texts, the stages, the futex and the times.
 *
 * @module
 */

import type { Plant } from './plant.ts';

export const PHASES: readonly Plant[] = [
  {
    name: 'a mover does not help',
    file: 'state',
    twin: ['      help(upper, lower);\n', ''],
    binary: ['help(from, timeOf(current));', ''],
    shownIn: 'a reader against three transitions: no phase without its time',
  },
  {
    name: 'a move wakes nobody',
    file: 'state',
    twin: ['announce();\n        return 1;', 'return 1;'],
    binary: ['announce();', ''],
    shownIn: 'an application that begins a shutdown beside the host',
  },
  {
    name: 'a move forgets that the shutdown is a failure',
    file: 'state',
    twin: ['(field << STATE_FIELD_SHIFT) | (lower & STATE_FAILED)', 'field << STATE_FIELD_SHIFT'],
    binary: [
      '(current & STATE_FAILED) |\n      ((<u64>(<u32>field)) << STATE_FIELD_SHIFT)',
      '((<u64>(<u32>field)) << STATE_FIELD_SHIFT)',
    ],
    shownIn: 'a failure that was noted in time is in the end',
  },
  {
    name: 'a drain begins in Starting',
    file: 'state',
    twin: ['return from === READY;', 'return from <= READY;'],
    binary: ['return from === READY;', 'return from <= READY;'],
    shownIn: 'markDraining | markDraining in starting',
  },
  {
    name: 'a failure is noted after the end',
    file: 'state',
    twin: ['while (phaseOf(current) !== STOPPED) {', 'while (phaseOf(current) >= STARTING) {'],
    binary: ['phaseOf(current) !== STOPPED', 'phaseOf(current) >= STARTING'],
    shownIn: 'noteFailure | claimReport, finishShutdown in ready',
  },
  {
    name: 'an application that is gone still owns the shutdown',
    file: 'state',
    twin: ['return isOwner && isAlive(member, incarnation) ?', 'return isOwner ?'],
    binary: ['isOwner && isAlive(member, incarnation)', 'isOwner'],
    shownIn: 'two stand-bys of a dead owner: one runs',
  },
  {
    name: 'an application begins a shutdown as a pipeline does',
    file: 'state',
    twin: ['tagOfIncarnation(incarnation) << 1)', 'BEGAN_BY_RUNNER)'],
    binary: ['tagOfIncarnation(incarnation) << 1', 'BEGAN_BY_RUNNER'],
    shownIn: 'one that was given up begins a shutdown beside the newcomer on its line',
  },
  {
    name: 'whose incarnation began the shutdown is not told',
    file: 'state',
    twin: ['advance(memberLine(member) + MEMBER_BEGAN, incarnation);', ''],
    binary: ['advance(memberLine(member) + MEMBER_BEGAN, incarnation);', ''],
    shownIn: 'one that was given up begins a shutdown beside the newcomer on its line',
  },
  {
    name: 'a pipeline begins a shutdown as an application does',
    file: 'state',
    twin: [
      'move(SHUTTING_DOWN, now, member, BEGAN_BY_RUNNER)',
      'move(SHUTTING_DOWN, now, member, 0)',
    ],
    binary: [
      'move(SHUTTING_DOWN, now, member, BEGAN_BY_RUNNER)',
      'move(SHUTTING_DOWN, now, member, 0)',
    ],
    shownIn: 'runShutdown | runShutdown in ready',
  },
  {
    name: 'the past stays without a time',
    file: 'state',
    twin: ['past < phase; past++', 'past < phase - 9; past++'],
    binary: ['past < phaseOf(current)', 'past < 0'],
    shownIn: 'a clock without a time: settled against a transition',
  },
  {
    name: 'a text is written over while it is published',
    file: 'texts',
    twin: [
      'store32(sequenceWord(member), sequence + 1);',
      'store32(sequenceWord(member), sequence);',
    ],
    binary: ['atomic.store<u32>(sequenceWord(member), sequence + 1);', ''],
    shownIn: 'two publish reasons, one reads',
  },
  {
    name: 'a reason is read without a second look',
    file: 'texts',
    twin: ['if (load64(AT_LATEST) === latest) return', 'if (latest !== 0n) return'],
    binary: ['atomic.load<u64>(AT_LATEST) === latest', 'latest !== 0'],
    shownIn: 'a reader of a reason is overtaken twice',
  },
  {
    name: 'the texts of a line are not renewed',
    file: 'members',
    twin: ['renewTexts(member);', ''],
    binary: ['renewTexts(member);', ''],
    shownIn: 'a publisher dies, and its line is attached anew',
  },
  {
    name: 'LATEST names the slot after this one',
    file: 'texts',
    twin: [
      '(length << LATEST_LENGTH_SHIFT) | slot)',
      '(length << LATEST_LENGTH_SHIFT) | (slot ^ 1))',
    ],
    binary: ['<u64>(<u32>slotOf(member, sequence))', '<u64>(<u32>slotOf(member, sequence + 1))'],
    shownIn: 'a reason against a transition',
  },
  {
    name: 'a wake-up does not change EPOCH',
    file: 'epoch',
    twin: ['add32(AT_EPOCH, 1);', ''],
    binary: ['atomic.add<i32>(AT_EPOCH, 1);', ''],
    shownIn: 'a shutdown against a writer',
  },
  {
    name: 'EPOCH changes, and nobody is woken',
    file: 'epoch',
    twin: ['wake32(AT_EPOCH);', ''],
    binary: ['atomic.notify(AT_EPOCH, -1);', ''],
    shownIn: 'a shutdown against a writer',
  },
  {
    name: 'the last writer of a mark wins',
    file: 'marks',
    twin: [
      'return swap64(markWord(index), 0n, join(highOf(time), lowOf(time))) === 0n ? 1 : 0;',
      'return swap64(markWord(index), load64(markWord(index)), join(highOf(time), lowOf(time))) === 0n ? 1 : 0;',
    ],
    binary: [
      'atomic.cmpxchg<u64>(markWord(index), 0, <u64>time) === 0',
      'atomic.xchg<u64>(markWord(index), <u64>time) === 0',
    ],
    shownIn: 'mark | mark in starting',
  },
  {
    name: 'a cell with another name is taken for this one',
    file: 'marks',
    twin: ['if (found !== 0 && found !== mine) return false;', ''],
    binary: ['if (found !== 0 && found !== mine) break;', ''],
    shownIn: 'three register stages, two of them by one name',
  },
  {
    name: 'a word of a name is stored without a comparison',
    file: 'marks',
    twin: [
      'if (found === 0) found = swap32(cell + index * 4, 0, mine);',
      'if (found === 0) found = swap32(cell + index * 4, load32(cell + index * 4), mine) * 0;',
    ],
    binary: [
      'if (found === 0) found = atomic.cmpxchg<u32>(at + (agreed << 2), 0, mine);',
      'if (found === 0) atomic.store<u32>(at + (agreed << 2), mine);',
    ],
    shownIn: 'three register stages, two of them by one name',
  },
  {
    name: 'a name has no end',
    file: 'marks',
    twin: ['bits | STAGE_NAME_END', 'bits'],
    binary: ['mine |= <u32>STAGE_NAME_END;', ''],
    shownIn: 'stage | stage in starting',
  },
  {
    name: 'a count of milliseconds goes back',
    file: 'age',
    twin: ['while (own - numberOf(found) > slack) {', 'while (own - numberOf(found) !== slack) {'],
    binary: ['own - <f64>found > slack', 'own - <f64>found !== slack'],
    shownIn: 'no count since the acceptance goes back, nor beyond the furthest',
  },
];
