/**
 * A worker of that page: measures one case and posts its samples.
 *
 * @module
 */

import type { Assignment } from '../harness/assignment.ts';
import { measureCall } from './calls.ts';

addEventListener('message', async ({ data }: MessageEvent<Assignment>) => {
  try {
    postMessage({ samples: await measureCall(data) });
  } catch (thrown) {
    postMessage({ error: String(thrown) });
  }
});
