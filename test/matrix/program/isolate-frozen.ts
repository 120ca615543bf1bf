/**
 * The program of an isolate whose clocks stand still while code runs.
 *
 * @module
 */

// First: what is evaluated after it may take the clocks.
import './frozen.ts';
import { advance } from './frozen.ts';
import isolate from './isolate.ts';

export default {
  fetch(request: Request): Promise<Response> {
    advance();
    return isolate.fetch(request);
  },
};
