/**
 * A Worker over the packed package, one of a fleet of its own object.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import { Fleet } from 'tidegate/cloudflare';
import { createHandler } from 'tidegate/http';
import { Lifecycle as OfWorkers, withLifecycle } from 'tidegate/workerd';

const fleet = new Fleet({ namespace: ({ FLEET }) => FLEET, deployment: () => 'one' });

export { LifecycleObject } from 'tidegate/cloudflare';

export default withLifecycle(
  {
    fetch: (_request, _env, _ctx, { backend }) =>
      Response.json({ backend, isSameClass: Lifecycle === OfWorkers }),
  },
  {
    fleet,
    handler: (lifecycle, env) => {
      const health = createHandler(lifecycle);
      const moves = fleet.handler(lifecycle, env, { adminToken: 'secret' });
      return async (request, ctx) =>
        request.url.includes('/fleet/') ? moves(request, ctx) : health(request);
    },
  },
);
