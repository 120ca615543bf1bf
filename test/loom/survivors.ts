/**
 * Mutants that the scenarios do not notice, and why. The last three are equivalent: nothing could
 * notice them. The others mark what no scenario reaches yet, and what would kill them.
 *
 * @module
 */

/** By the name of the mutant. */
export const SURVIVORS: Readonly<Record<string, string>> = {
  'drop compare32 #73 in attach':
    'every line that is attached here was attached before, so USED is as high as it gets',
  'split compare32 #73 in attach': 'the same',
  'drop store64 #74 in attach': 'no line that is attached anew has a heartbeat to clear',
  'swap store64 #74 in attach': 'the same',
  'split compare64 #71 in attach':
    'the scenario of the last place takes another line than the one that is raced for',
  'drop compare64 #48 in finishShutdown':
    'nobody claims a slot of a dead member while that member finishes',
  'split compare64 #48 in finishShutdown': 'the same',
  'drop store64 #49 in finishShutdown': 'nobody needs the slot of a finisher that came late',
  'drop compare64 #55 in claimReport': 'no slot is claimed that a dead member has left',
  'split compare64 #55 in claimReport': 'the same',
  'drop store32 #21 in $14': 'no slot is claimed that has recorded steps',
  'swap store32 #21 in $14': 'the same',
  'split compare64 #50 in dropReport': 'nobody claims a slot while its owner drops it',
  'drop store32 #42 in putStep': 'nobody reads the steps of a report here',
  'swap store32 #42 in putStep': 'the same',
  'drop store32 #95 in requestShutdown': 'no request here has a trigger',
  'swap store32 #95 in requestShutdown': 'the same',
  'split compare64 #102 in leaveHost':
    'nobody takes the host over in the very step in which it leaves',
  'split compare64 #14 in $7': 'nobody enters on a line in the very step in which it is emptied',
  'split compare64 #6 in $3': 'all who stamp the time of a phase stamp the same one',
  'split compare64 #7 in $3': 'the same',
  'swap store32 #2 in $1': 'words of one copy are of one text, in whatever order they are stored',
};
