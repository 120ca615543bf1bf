/**
 * What the threads of `thread-service.ts` count together, in memory that they share: messages come late,
 * and those of a thread that was terminated not at all.
 *
 * @module
 */

/** The word that counts the steps that have run. */
export const STEPS = 0;
/** The word that counts the stages that have ended. */
export const STAGES = 1;
/** How many bytes they take. */
export const NOTES_BYTES = 8;
