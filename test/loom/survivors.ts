/**
 * Mutants that nothing can notice, and why. A mutant that is noticed after all fails the test as
 * much as a new one that is not.
 *
 * @module
 */

/** By the name of the mutant. */
export const SURVIVORS: Readonly<Record<string, string>> = {
  'split compare64 #10 in $5':
    'equivalent: whoever moves on from a phase whose time is known gives its slot that very time before, so a late store writes what is there',
  'swap store64 #102 in $80':
    'equivalent: a reap has cleared the heartbeat before the line could be attached, and only a thread that was wrongly given up could have stored another',
};
