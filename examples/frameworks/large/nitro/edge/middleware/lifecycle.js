/**
 * Before all routes: the probes are answered, and each request holds a permit until its response.
 *
 * @module
 */

import { lifecycleOf } from '../lib/lifecycle.js';

export default defineEventHandler(async (event) => {
  const { lifecycle, health } = lifecycleOf();
  const answer = await health(toWebRequest(event));
  if (answer !== undefined) return answer;
  const permit = lifecycle.gate.tryEnter(event.method === 'GET' ? 'query' : 'write');
  if (permit === null) throw createError({ statusCode: 503, message: 'shutting down' });
  event.context.permit = permit;
});
