/** Mutants that nothing can notice, and why. @module */
export const EQUIVALENT: Readonly<Record<string, string>> = {};
