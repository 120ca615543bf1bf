/**
 * How many states and interleavings each scenario has: one that has become empty, or has lost a
 * thread, shows here. After a change of the protocol they are other numbers, and for a reason.
 *
 * @module
 */

/** By the name of the scenario. */
export const PINNED: Readonly<Record<string, readonly [states: number, interleavings: string]>> = {
  'a drain against two writers': [12459, '42141064520009839'],
  'two drains against a writer': [17996, '1243542282679385788'],
  'a drain against a writer that dies, and its reaper': [9543, '80427944135'],
  'a shutdown against a writer': [468, '78176614'],
  'the host dies at any operation, with a stand-by': [37120, '579605552783346'],
  'the host dies in its steps, with two stand-bys': [857893, '3362182390901600456305642660'],
  'the host dies, and then its reaper': [240654, '1851583172616649353'],
  'a host that is wrongly given up, beside its successor': [
    125323,
    '20989844694581590109812153100947330665993315366',
  ],
  'a reap against a live release': [540, '5864'],
  'reap, attach, reap again: the newcomer is not harmed': [112480, '25933705545'],
  'three register stages, two of them by one name': [850, '3767307192'],
  'one registers a stage and dies, two others use it': [1993, '1457494632'],
  'two publish reasons, one reads': [20428, '166356794803743235872'],
  'a reason against a transition': [447, '2260029'],
  'a publisher dies, and its line is attached anew': [2650, '519578468346'],
  'a reader against three transitions: no phase without its time': [397, '24682'],
  'three attach to the last place, and give it back': [300693, '3814611592988319566520'],
  'two finish at once while the slots are short': [225, '1280'],
  'a clock without a time: settled against a transition': [4422, '1244915'],
  'two attach to lines that nobody has had': [2475, '5567950570'],
  'a heartbeat is its own member’s': [78, '171'],
  'one that was given up finishes beside two who claim its slot': [1983, '51603378'],
  'one that was given up drops its slot beside two who claim it': [1528, '14615014'],
  'whoever finishes late gives its slot back': [985, '303294'],
  'a slot that is claimed again has no steps of its last owner': [7, '1'],
  'an application that begins a shutdown, and dies at any operation, beside two runners': [
    49882,
    '9576622968166375',
  ],
  'an application that begins a shutdown beside the host': [2329, '1318501906860'],
  'two stand-bys of a dead owner: one runs': [2007, '84469812396'],
  'one that was given up begins a shutdown beside the newcomer on its line': [601, '22979208'],
  'a stage of the boot against an acceptance': [343, '3132574'],
  'a stage of the boot dies, and is waited for no more': [8213, '170434854429'],
  'a failure that was noted in time is in the end': [47, '63'],
  'the budget of the host, and of no stand-by': [269, '967683'],
  'one that was given up brings a budget beside the newcomer on its line': [281, '46143'],
  'no count since the acceptance goes back, nor beyond the furthest': [2324, '17558'],
  'a host that starts twice is a successor the second time': [70, '168'],
  'a record is whole once it says that it has ended': [
    5840,
    '25707481205026081336008622705781217034952499',
  ],
  'a step is counted when it is whole': [356, '2420'],
  'an accepted request has its trigger': [46, '53'],
  'one that was given up leaves beside its successor': [115, '3824'],
  'one that was given up enters beside the newcomer on its line': [950, '129360'],
  'a check that begins to fail against two writers': [2079, '12367955813096'],
  'a hold that is over is cleared beside another check that begins to fail': [
    4675,
    '286569884066101',
  ],
  'two checks change places: writes are refused all the while': [1231, '46238526437'],
  'a hold of the application stays beside a check that recovers': [503, '754974'],
  'a reporter dies at any operation, beside a reader, and its reaper': [
    10100,
    '247549970863009256',
  ],
  'three outcomes, and one who reads': [5130, '235264914874454097602151696'],
  'a cell is dropped and taken by another, beside one who reads': [11764, '237392883838396964'],
  'a cell of a dead member is taken by another, beside one who reads': [
    20678,
    '1146350692629831845982',
  ],
  'one that was given up reports beside the newcomer in its cell': [466, '677843939'],
  'three take two cells, and one of them gives it back': [36406, '60379602009659908'],
  'one that was given up drops its check beside the newcomer in its cell': [302, '22387'],
};
