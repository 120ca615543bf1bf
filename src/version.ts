/**
 * The version of this package, as metrics and the status page show it. A test keeps it equal to
 * `package.json`.
 *
 * @module
 */

/** The version of this package. */
export const VERSION: string = '0.1.0';
