/**
 * Measuring what is promised on a machine that others use, too: a measurement that was spoilt is made
 * again. What must hold in any case is asserted within each.
 *
 * @module
 */

/** The machine may spoil a measurement this often, and not once more. */
const TRIES = 3;

/** Measures, again if it was late, and fails if it was late every time. */
export async function measured(isInTime: () => Promise<boolean>): Promise<void> {
  for (let tries = 1; !(await isInTime()); tries++) {
    if (tries === TRIES) throw new Error(`Late ${TRIES} times of ${TRIES}`);
  }
}
