/** The numbers of states and interleavings of each scenario, as `npm run loom` prints them. @module */
export const PINNED: Readonly<Record<string, readonly [states: number, interleavings: string]>> =
  {};
