/**
 * How many states and interleavings each scenario has: one that has become empty, or has lost a
 * thread, shows here. After a change of the protocol they are other numbers, and for a reason.
 *
 * @module
 */

/** By the name of the scenario. */
export const PINNED: Readonly<Record<string, readonly [states: number, interleavings: string]>> = {
  'a drain against two writers': [16484, '71237568455433180'],
  'two drains against a writer': [20986, '2357048795835266422'],
  'a drain against a writer that dies, and its reaper': [11065, '125174005885'],
  'a shutdown against a writer': [522, '111796389'],
  'the host dies at any operation, with a stand-by': [37120, '579605552783346'],
  'the host dies in its steps, with two stand-bys': [857893, '3362182390901600456305642660'],
  'the host dies, and then its reaper': [240654, '1851583172616649353'],
  'a host that is wrongly given up, beside its successor': [
    125323,
    '20989844694581590109812153100947330665993315366',
  ],
  'a reap against a live release': [540, '5864'],
  'reap, attach, reap again: the newcomer is not harmed': [139700, '69430778110'],
  'three register stages, two of them by one name': [850, '3767307192'],
  'one registers a stage and dies, two others use it': [1993, '1457494632'],
  'two publish reasons, one reads': [20428, '166356794803743235872'],
  'a reason against a transition': [447, '2260029'],
  'a publisher dies, and its line is attached anew': [2906, '1609025682164'],
  'a reader against three transitions: no phase without its time': [397, '24682'],
  'three attach to the last place, and give it back': [344709, '33442557458187418814148'],
  'two finish at once while the slots are short': [225, '1280'],
  'a clock without a time: settled against a transition': [4422, '1244915'],
  'two attach to lines that nobody has had': [4307, '1317266143920'],
  'a heartbeat is its own member’s': [98, '253'],
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
  'one that was given up begins a shutdown beside the newcomer on its line': [653, '55324522'],
  'a stage of the boot against an acceptance': [355, '3132574'],
  'a stage of the boot dies, and is waited for no more': [8495, '170434854429'],
  'a failure that was noted in time is in the end': [47, '63'],
  'the budget of the host, and of no stand-by': [269, '967683'],
  'one that was given up brings a budget beside the newcomer on its line': [313, '72132'],
  'no count since the acceptance goes back, nor beyond the furthest': [2324, '17558'],
  'a host that starts twice is a successor the second time': [70, '168'],
  'a record is whole once it says that it has ended': [
    5840,
    '25707481205026081336008622705781217034952499',
  ],
  'a step is counted when it is whole': [356, '2420'],
  'an accepted request has its trigger': [46, '53'],
  'one that was given up leaves beside its successor': [115, '3824'],
  'one that was given up enters beside the newcomer on its line': [1186, '201064'],
  'a count goes on over a reap and the newcomer on its line': [131416, '576235400781929'],
  'a writer dies where its count is due, and another goes on with it': [67225, '80141302949540'],
  'a count that a closing gate takes back is not told lower': [143931, '179733050168097824'],
  'a base is not stored again by one that was given up before the newcomer stored it': [
    702391,
    '146485179',
  ],
  'a call that is refused after all, and given up meanwhile, leaves the newcomer its line': [
    1577,
    '51945002',
  ],
  'one that was given up counts beside the newcomer on its line': [64, '252'],
  'a refusal is counted once, for what refused': [353, '283719'],
  'a check that begins to fail against two writers': [2282, '47241733872970'],
  'a hold that is over is cleared beside another check that begins to fail': [
    4961,
    '457093484511988',
  ],
  'two checks change places: writes are refused all the while': [1312, '88222126721'],
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
