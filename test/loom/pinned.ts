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
  'a shutdown against a writer': [432, '6285115'],
  'the host dies at any operation, with a stand-by': [32799, '5720205963211'],
  'the host dies in its steps, with two stand-bys': [704911, '143364825431410669976746'],
  'the host dies, and then its reaper': [228584, '134827623032078436'],
  'a host that is wrongly given up, beside its heir': [
    116179,
    '32181612904024278608015351907476489569339595',
  ],
  'a reap against a live release': [540, '5864'],
  'reap, attach, reap again: the newcomer is not harmed': [101592, '16718764539'],
  'three register stages, two of them by one name': [850, '3767307192'],
  'one registers a stage and dies, two others use it': [1993, '1457494632'],
  'two publish reasons, one reads': [20428, '166356794803743235872'],
  'a reason against a transition': [447, '2260029'],
  'a publisher dies, and its line is attached anew': [2522, '282388037473'],
  'a reader against three transitions: no phase without its time': [328, '7750'],
  'three attach to the last place, and give it back': [278685, '1151040446013506640900'],
  'two finish at once while the slots are short': [225, '1280'],
  'a clock without a time: settled against a transition': [4422, '1244915'],
  'two attach to lines that nobody has had': [1751, '363095282'],
  'a heartbeat is its own member’s': [68, '136'],
  'one that was given up finishes beside two who claim its slot': [1983, '51603378'],
  'one that was given up drops its slot beside two who claim it': [1528, '14615014'],
  'whoever finishes late gives its slot back': [985, '303294'],
  'a slot that is claimed again has no steps of its last owner': [7, '1'],
  'a step is counted when it is whole': [352, '2351'],
  'an accepted request has its trigger': [46, '53'],
  'one that was given up leaves beside its heir': [101, '2474'],
  'one that was given up enters beside the newcomer on its line': [878, '104551'],
};
