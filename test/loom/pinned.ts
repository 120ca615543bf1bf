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
  'a drain against a writer that dies, and its reaper': [8849, '46411202138'],
  'a shutdown against a writer': [432, '6285115'],
  'the host dies at any operation, with a stand-by': [31941, '4383284339275'],
  'the host dies in its steps, with two stand-bys': [703013, '108283485739558489008136'],
  'the host dies, and then its reaper': [214798, '82247459912249878'],
  'a host that is wrongly given up, beside its heir': [
    114087,
    '4084922949129291815858882295419777960638501',
  ],
  'a reap against a live release': [476, '4650'],
  'reap, attach, reap again: the newcomer is not harmed': [93576, '2412879280'],
  'three register stages, two of them by one name': [850, '3767307192'],
  'one registers a stage and dies, two others use it': [1993, '1457494632'],
  'two publish reasons, one reads': [20428, '166356794803743235872'],
  'a reason against a transition': [447, '2260029'],
  'a publisher dies, and its line is attached anew': [2458, '205581471646'],
  'a reader against three transitions: no phase without its time': [328, '7750'],
  'three attach to the last place, and give it back': [267681, '611944657893694304370'],
  'two finish at once while the slots are short': [225, '1280'],
  'a clock without a time: settled against a transition': [972, '44712'],
};
