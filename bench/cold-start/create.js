/**
 * A process that imports the built package, makes a lifecycle, and ends.
 *
 * @module
 */

import { Lifecycle } from '../../dist/index.js';

Lifecycle.create();
