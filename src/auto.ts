/**
 * The zero-code form, `node --import tidegate/auto server.js`: `tidegate/auto`. Importing it is what
 * installs it; the environment configures it.
 *
 * @module
 */

export { lifecycle } from './auto/install.ts';
