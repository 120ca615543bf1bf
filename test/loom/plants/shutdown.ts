/**
 * Slips among members, hosts and reports.
 *
 * @module
 */

import type { Plant } from './plant.ts';

export const SHUTDOWN: readonly Plant[] = [
  {
    name: 'the host leaves although a shutdown was accepted',
    file: 'host',
    twin: ['incarnation) || wasAccepted(host)) return 0;', 'incarnation)) return 0;'],
    binary: [
      '!isHostedBy(host, member, incarnation) || wasAccepted(host)',
      '!isHostedBy(host, member, incarnation)',
    ],
    shownIn: 'leaveHost | acceptShutdown in draining',
  },
  {
    name: "a host's term never changes",
    file: 'host',
    twin: ['(term + 1) & HOST_TERM_MASK', 'term & HOST_TERM_MASK'],
    binary: ['(term + 1) & HOST_TERM_MASK', 'term & HOST_TERM_MASK'],
    shownIn: 'the budget of the host, and of no stand-by',
  },
  {
    name: 'a living host is replaced',
    file: 'host',
    twin: ['if (isHosted(host) || !isAlive(member, incarnation)) return -1;', ''],
    binary: ['isHosted(host) || !isAlive(member, incarnation)', 'false'],
    shownIn: 'takeHost | takeHost in ready',
  },
  {
    name: 'a new host forgets the acceptance',
    file: 'host',
    twin: ['low(host) & (HOST_ACCEPTED_MASK | HOST_STARTED)', 'low(host) & HOST_STARTED'],
    binary: ['(HOST_ACCEPTED_MASK | HOST_STARTED)', '(HOST_STARTED)'],
    shownIn: 'takeHost | acceptShutdown in starting',
  },
  {
    name: 'a new host forgets that another has begun',
    file: 'host',
    twin: ['low(host) & (HOST_ACCEPTED_MASK | HOST_STARTED)', 'low(host) & HOST_ACCEPTED_MASK'],
    binary: ['(HOST_ACCEPTED_MASK | HOST_STARTED)', '(HOST_ACCEPTED_MASK)'],
    shownIn: 'a host that starts twice is a successor the second time',
  },
  {
    name: 'nobody is told who was first to run',
    file: 'host',
    twin: ['if ((low(host) & HOST_STARTED) !== 0) return 1;', ''],
    binary: ['if ((host & HOST_STARTED) !== 0) return 1;', ''],
    shownIn: 'a host that starts twice is a successor the second time',
  },
  {
    name: 'a host that was given up runs on',
    file: 'host',
    twin: ['return lasts && isAlive(member, incarnation) ? 1 : 0;', 'return lasts ? 1 : 0;'],
    binary: ['termOf(host) === term && isAlive(member, incarnation)', 'termOf(host) === term'],
    shownIn: 'a host that was given up stops',
  },
  {
    name: 'an accepted request has no trigger',
    file: 'host',
    twin: ['copyWords(staging(member), line + MEMBER_TRIGGER, wordsFor(length));', ''],
    binary: ['copyWords(staging(member), line + MEMBER_TRIGGER, (length + 3) >> 2);', ''],
    shownIn: 'an accepted request has its trigger',
  },
  {
    name: 'one that was given up brings its budget over that of the newcomer',
    file: 'host',
    twin: [
      'while (high(found) >>> 0 <= incarnation >>> 0 && found !== mine) {',
      'while (found !== mine) {',
    ],
    binary: [
      '<u32>(found >> INCARNATION_SHIFT) <= incarnation && found !== mine',
      'found !== mine',
    ],
    shownIn: 'one that was given up brings a budget beside the newcomer on its line',
  },
  {
    name: 'a rank is set for whoever has the line',
    file: 'host',
    twin: ['while (owns(owner, incarnation)) {', 'while (owner !== 0n) {'],
    binary: ['owns(owner, incarnation)', 'owner !== 0'],
    shownIn: 'reap | setStandby in ready',
  },
  {
    name: 'who stamps second is answered its own stamp',
    file: 'host',
    twin: ['before === 0n ? stamp : before', 'stamp'],
    binary: ['before === 0 ? <u64>time : before', '<u64>time'],
    shownIn: 'stampBudget | stampBudget in starting',
  },
  {
    name: 'a probe is counted in two steps',
    file: 'host',
    twin: [
      'add32(AT_SEEN, 1);',
      'const seen = load32(AT_SEEN);\n      store32(AT_SEEN, seen + 1);',
    ],
    binary: [
      'atomic.add<i32>(AT_SEEN, 1);',
      'atomic.store<i32>(AT_SEEN, atomic.load<i32>(AT_SEEN) + 1);',
    ],
    shownIn: 'noteProbe | noteProbe in starting',
  },
  {
    name: 'a reap leaves the writes',
    file: 'members',
    twin: ['advance(line + MEMBER_WRITES, next);', ''],
    binary: ['advance(line + MEMBER_WRITES, incarnation + 1);', ''],
    shownIn: 'markReady | reap in ready',
  },
  {
    name: 'a reap leaves the queries',
    file: 'members',
    twin: ['advance(line + MEMBER_QUERIES, next);', ''],
    binary: ['advance(line + MEMBER_QUERIES, incarnation + 1);', ''],
    shownIn: 'markReady | reap in ready',
  },
  {
    name: 'a reap wakes nobody',
    file: 'members',
    twin: ['announce();', ''],
    binary: ['announce();', ''],
    shownIn: 'a stage of the boot dies, and is waited for no more',
  },
  {
    name: 'a line is not counted as used',
    file: 'members',
    twin: ['swap32(AT_USED, used, member + 1)', 'swap32(AT_USED, used, member)'],
    binary: [
      'atomic.cmpxchg<i32>(AT_USED, used, member + 1)',
      'atomic.cmpxchg<i32>(AT_USED, used, member)',
    ],
    shownIn: 'two attach to lines that nobody has had',
  },
  {
    name: 'a newcomer has the heartbeat of the last one',
    file: 'members',
    twin: ['        store64(line + MEMBER_BEAT, 0n);\n      }', '      }'],
    binary: [
      "// heartbeat. A reaper that comes late may clear a newcomer's first one, which beats again.\n    atomic.store<u64>(line + MEMBER_BEAT, 0);",
      '',
    ],
    shownIn: 'reap | beat in ready',
  },
  {
    name: 'a line is taken without a comparison',
    file: 'members',
    twin: [
      'if (swap64(word, owner, join(incarnation, mine)) !== owner) continue;',
      'store64(word, join(incarnation, mine));',
    ],
    binary: [
      'if (atomic.cmpxchg<u64>(word, owner, taken) !== owner) continue;',
      'atomic.store<u64>(word, taken);',
    ],
    shownIn: 'two attach to lines that nobody has had',
  },
  {
    name: 'a slot is published that went to another',
    file: 'reports',
    twin: ['if (swap64(word, claim, sealed) !== claim) return -1;', 'swap64(word, claim, sealed);'],
    binary: [
      'if (atomic.cmpxchg<u64>(reportAt(slot), claim, claim | CLAIM_SEALED) !== claim) return -1;',
      'atomic.cmpxchg<u64>(reportAt(slot), claim, claim | CLAIM_SEALED);',
    ],
    shownIn: 'one that was given up finishes beside two who claim its slot',
  },
  {
    name: 'a slot that is sealed goes to another',
    file: 'reports',
    twin: [
      'if (claim === 0n || (bits & CLAIM_SEALED) !== 0) return false;',
      'if (claim === 0n) return false;',
    ],
    binary: ['claim === 0 || (claim & CLAIM_SEALED) !== 0', 'claim === 0'],
    shownIn: 'one that was given up finishes beside two who claim its slot',
  },
  {
    name: 'a slot keeps the records of the one before',
    file: 'reports',
    twin: ['store32(reportAt(slot) + REPORT_COUNT, 0);', ''],
    binary: ['atomic.store<i32>(reportAt(slot) + REPORT_COUNT, 0);', ''],
    shownIn: 'a slot that is claimed again has no steps of its last owner',
  },
  {
    name: 'whoever finishes late keeps its slot',
    file: 'reports',
    twin: ['store64(word, 0n);', ''],
    binary: ['atomic.store<u64>(reportAt(slot), 0);', ''],
    shownIn: 'whoever finishes late gives its slot back',
  },
  {
    name: 'a record is read although its slot changed hands',
    file: 'reports',
    twin: [
      'return isComplete(claim) && load64(word) === claim ? 1 : 0;',
      'return isComplete(claim) ? 1 : 0;',
    ],
    binary: [
      'isComplete(claim) && atomic.load<u64>(reportAt(slot)) === claim',
      'isComplete(claim)',
    ],
    shownIn: 'a step is read while its slot goes to another',
  },
  {
    name: 'a record is read without a look at the count',
    file: 'reports',
    twin: ['if (load32(reportAt(slot) + REPORT_COUNT) <= index) return 0;', ''],
    binary: ['if (atomic.load<i32>(reportAt(slot) + REPORT_COUNT) <= index) return false;', ''],
    shownIn: 'a step is read while its slot goes to another',
  },
  {
    name: 'a slot has its kind before the old records are gone',
    file: 'reports',
    twin: ['low(claim) & ~(CLAIM_KIND_MASK << CLAIM_KIND_SHIFT)', 'low(claim)'],
    binary: ['claim & ~((<u64>CLAIM_KIND_MASK) << CLAIM_KIND_SHIFT)', 'claim'],
    shownIn: 'a step is read while its slot goes to another',
  },
  {
    name: 'the first word of a record is stored first',
    file: 'reports',
    twin: [
      'copyWords(from + 4, to + 4, STEP_WORDS - 1);\n      copyWords(from, to, 1);',
      'copyWords(from, to, STEP_WORDS);',
    ],
    binary: [
      'copyWords(from + 4, to + 4, STEP_WORDS - 1);\n  copyWords(from, to, 1);',
      'copyWords(from, to, STEP_WORDS);',
    ],
    shownIn: 'a record is whole once it says that it has ended',
  },
  {
    name: 'a record is counted before it is there',
    file: 'reports',
    twin: [
      'copyWords(from + 4, to + 4, STEP_WORDS - 1);',
      'store32(reportAt(slot) + REPORT_COUNT, index + 1);\n      copyWords(from + 4, to + 4, STEP_WORDS - 1);',
    ],
    binary: [
      'if (index >= REPORT_STEP_CAPACITY) return;',
      'atomic.store<i32>(reportAt(slot) + REPORT_COUNT, index + 1);',
    ],
    shownIn: 'a step is counted when it is whole',
  },
  {
    name: 'the steps of a host that has sealed its slot are not seen',
    file: 'reports',
    twin: [
      'if (((low(claim) >>> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== CLAIM_HOST) return 0;',
      'if (((low(claim) >>> CLAIM_KIND_SHIFT) & 255) !== CLAIM_HOST) return 0;',
    ],
    binary: [
      'if ((<i32>(claim >> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== CLAIM_HOST) return 0;',
      'if ((<i32>(claim >> CLAIM_KIND_SHIFT) & 255) !== CLAIM_HOST) return 0;',
    ],
    shownIn: 'a step that a host has recorded is not run again, wherever the host died after it',
  },
];
