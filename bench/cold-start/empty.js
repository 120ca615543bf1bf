/**
 * The control: a process that imports an empty module, and ends.
 *
 * @module
 */

import './nothing.js';
