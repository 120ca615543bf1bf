/**
 * Slips in the gate: permits, holds, checks, counters.
 *
 * @module
 */

import type { Plant } from './plant.ts';

const LOOK = 'if ((<i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK) > READY) announce();';

export const GATE: readonly Plant[] = [
  {
    name: 'enterWrite does not look again',
    file: 'permits',
    twin: ['const after = whyNoWrites();', 'const after = NOTHING as number;'],
    binary: ['  reason = whyNoWrites();', '  reason = NOTHING;'],
    shownIn: 'a shutdown against a writer',
  },
  {
    name: 'enterQuery does not look again',
    file: 'permits',
    twin: ['const after = whyNoQueries();', 'const after = NOTHING as number;'],
    binary: ['  reason = whyNoQueries();', '  reason = NOTHING;'],
    shownIn: 'a shutdown against two queries',
  },
  {
    name: 'enterBoot does not look again',
    file: 'permits',
    twin: ['if (!isLeaving()) return ADMITTED;', 'return ADMITTED;'],
    binary: ['if (!isLeaving()) return ADMITTED;', 'return ADMITTED;'],
    shownIn: 'a stage of the boot against an acceptance',
  },
  {
    name: 'enterWrite does not look at the phase first',
    file: 'permits',
    twin: ['if (now !== READY) return now;', 'if (now > DRAINING) return now;'],
    binary: ['if (phase !== READY) return phase;', 'if (phase > DRAINING) return phase;'],
    shownIn: 'one that was given up counts beside the newcomer on its line',
  },
  {
    name: 'queries are refused in Draining',
    file: 'permits',
    twin: ['return now === READY || now === DRAINING ?', 'return now === READY ?'],
    binary: ['phase === READY || phase === DRAINING', 'phase === READY'],
    shownIn: 'markDraining | enterQuery in ready',
  },
  {
    name: 'a release wakes nobody',
    file: 'permits',
    twin: ['if (phase() > READY) announce();\n    return 1;', 'return 1;'],
    binary: [`${LOOK}\n  return true;`, 'return true;'],
    shownIn: 'a shutdown against a writer',
  },
  {
    name: 'a permit that is taken back wakes nobody',
    file: 'permits',
    twin: ['!== before) return;\n    if (phase() > READY) announce();', '!== before) return;'],
    binary: [
      `if (atomic.cmpxchg<u64>(word, before, after) !== before) return;\n  ${LOOK}`,
      'atomic.cmpxchg<u64>(word, before, after);',
    ],
    shownIn: 'a shutdown against a writer',
  },
  {
    name: 'a stage of the boot that ends wakes nobody',
    file: 'permits',
    twin: ['if (isLeaving()) announce();', ''],
    binary: ['if (isLeaving()) announce();', ''],
    shownIn: 'a stage of the boot against an acceptance',
  },
  {
    name: 'a write that is refused after all is not taken back',
    file: 'permits',
    twin: [
      'takeBack(word, incarnation);\n        return refuseWrite(member, after);',
      'return refuseWrite(member, after);',
    ],
    binary: [
      'takeBack(word, incarnation);\n    return refuseWrite(member, reason);',
      'return refuseWrite(member, reason);',
    ],
    shownIn: 'a shutdown against a writer',
  },
  {
    name: 'a query that is refused after all is not taken back',
    file: 'permits',
    twin: [
      'takeBack(word, incarnation);\n        return refuseQuery(member, after);',
      'return refuseQuery(member, after);',
    ],
    binary: [
      'takeBack(word, incarnation);\n    return refuseQuery(member, reason);',
      'return refuseQuery(member, reason);',
    ],
    shownIn: 'a shutdown against a query in a drain',
  },
  {
    name: 'one that was given up releases a permit of the newcomer',
    file: 'permits',
    twin: ['halves[1] !== (incarnation | 0) || (counts', '(counts'],
    binary: ['if (<u32>(before >> INCARNATION_SHIFT) !== incarnation) return false;', ''],
    shownIn: 'one that was given up enters beside the newcomer on its line',
  },
  {
    name: 'one that was given up takes a permit of the newcomer',
    file: 'permits',
    twin: ['if (halves[1] !== (incarnation | 0)) return REFUSED_REAPED;', ''],
    binary: ['if (<u32>(before >> INCARNATION_SHIFT) !== incarnation) return REFUSED_REAPED;', ''],
    shownIn: 'one that was given up enters beside the newcomer on its line',
  },
  {
    name: 'a hold is not looked at',
    file: 'permits',
    twin: ['if ((load32(AT_HOLDS) & HOLD_ANY) === 0) return NOTHING;', 'return NOTHING;'],
    binary: [
      'if ((atomic.load<u32>(AT_HOLDS) & HOLD_ANY) === 0) return NOTHING;',
      'return NOTHING;',
    ],
    shownIn: 'enterWrite | enterWrite in ready',
  },
  {
    name: 'a hold that is cleared takes the others with it',
    file: 'permits',
    twin: ['and32(AT_HOLDS, ~bits) & bits', 'and32(AT_HOLDS, 0) & bits'],
    binary: ['atomic.and<i32>(AT_HOLDS, ~bits) & bits', 'atomic.and<i32>(AT_HOLDS, 0) & bits'],
    shownIn: 'two holds against a writer',
  },
  {
    name: 'a stage of the boot counts although its member is gone',
    file: 'permits',
    twin: ['if (count !== 0 && isAlive(member, high(boots))) sum', 'if (count !== 0) sum'],
    binary: ['count !== 0 && isAlive(member, <u32>(boots >> INCARNATION_SHIFT))', 'count !== 0'],
    shownIn: 'a stage of the boot dies, and is waited for no more',
  },
  {
    name: 'a failing check does not raise the hold',
    file: 'checks',
    twin: ['if (failsWrites(bits)) raise();', ''],
    binary: ['if (failsWrites(bits)) raise();', ''],
    shownIn: 'two checks change places: writes are refused all the while',
  },
  {
    name: 'a raise that nobody can tell from the one before',
    file: 'checks',
    twin: ['((before | HOLD_CHECKS) + HOLD_RAISE_STEP) | 0', 'before | HOLD_CHECKS'],
    binary: ['(before | HOLD_CHECKS) + HOLD_RAISE_STEP', 'before | HOLD_CHECKS'],
    shownIn: 'two checks change places: writes are refused all the while',
  },
  {
    name: 'the hold is raised before the failure is published',
    file: 'checks',
    twin: [
      'if (swap64(at, found, status) !== found) return 0;\n    if (failsWrites(bits)) raise();',
      'if (failsWrites(bits)) raise();\n    if (swap64(at, found, status) !== found) return 0;',
    ],
    binary: [
      'if (atomic.cmpxchg<u64>(at, found, status) !== found) return false;',
      'if (failsWrites(bits)) raise(); return atomic.cmpxchg<u64>(at, found, status) === found;',
    ],
    shownIn: 'two checks change places: writes are refused all the while',
  },
  {
    name: 'an outcome is written over the one that is published',
    file: 'checks',
    twin: ['outcomeAt(at, status)', 'outcomeAt(at, found)'],
    binary: ['outcomeAt(at, status)', 'outcomeAt(at, found)'],
    shownIn: 'three outcomes, and one who reads',
  },
  {
    name: 'a check is read without a second look',
    file: 'checks',
    twin: ['if (load64(at) === found) return isTaken', 'if (found !== 0n) return isTaken'],
    binary: ['atomic.load<u64>(at) === found', 'found !== 0'],
    shownIn: 'three outcomes, and one who reads',
  },
  {
    name: 'a check of the dead still refuses writes',
    file: 'checks',
    twin: ['&& failsWrites(low(found)) && isTaken(found)', '&& failsWrites(low(found))'],
    binary: ['failsWrites(<i32>found) && isTaken(found)', 'failsWrites(<i32>found)'],
    shownIn: 'a check of one that is gone holds nothing',
  },
  {
    name: 'one that was given up reports for the newcomer in its cell',
    file: 'checks',
    twin: [
      'return isOf(found, member, incarnation) ? publish',
      'return isPublished(found) ? publish',
    ],
    binary: [
      'isOf(found, member, incarnation) && publish(at, found, member, incarnation, bits)',
      'isPublished(found) && publish(at, found, member, incarnation, bits)',
    ],
    shownIn: 'one that was given up reports beside the newcomer in its cell',
  },
  {
    name: 'one that was given up drops the check of the newcomer in its cell',
    file: 'checks',
    twin: ['if (!isOf(found, member, incarnation)) return 0;', ''],
    binary: ['if (!isOf(found, member, incarnation)) return false;', ''],
    shownIn: 'one that was given up drops its check beside the newcomer in its cell',
  },
  {
    name: 'a check that is dropped wakes nobody',
    file: 'checks',
    twin: ['!== found) return 0;\n      announce();', '!== found) return 0;'],
    binary: ['announce();', ''],
    shownIn: 'a cell is dropped and taken by another, beside one who reads',
  },
  {
    name: 'a refusal is not counted',
    file: 'permits',
    twin: ['countRefusedWrite(member, reason);', ''],
    binary: ['countRefusedWrite(member, reason);', ''],
    shownIn: 'a refusal is counted once, for what refused',
  },
  {
    name: 'a refusal is counted in two steps',
    file: 'counts',
    twin: [
      'add64(countLine(member) + COUNT_WRITES_REFUSED + reason * 8, 1n)',
      'void swap64(countLine(member) + COUNT_WRITES_REFUSED + reason * 8, load64(countLine(member) + COUNT_WRITES_REFUSED + reason * 8), load64(countLine(member) + COUNT_WRITES_REFUSED + reason * 8) + 1n)',
    ],
    binary: [
      'atomic.add<u64>(countLine(member) + COUNT_WRITES_REFUSED + reason * 8, 1);',
      'const at = countLine(member) + COUNT_WRITES_REFUSED + reason * 8; atomic.store<u64>(at, atomic.load<u64>(at) + 1);',
    ],
    shownIn: 'one that was given up counts beside the newcomer on its line',
  },
  {
    name: 'the sum of writes leaves out the first line',
    file: 'permits',
    twin: ['sum += writesOf(member)', 'sum += member > 0 ? writesOf(member) : 0'],
    binary: ['sum += <f64>writesOf(member);', 'if (member > 0) sum += <f64>writesOf(member);'],
    shownIn: 'a shutdown against a writer',
  },
];
