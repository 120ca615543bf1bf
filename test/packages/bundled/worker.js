/**
 * A Worker of the edge, which uses all doors, and leads its own fleet.
 *
 * @module
 */

import { Lifecycle, Phase } from 'tidegate';
import { Fleet } from 'tidegate/cloudflare';
import { withLifecycle } from 'tidegate/workerd';

const fleet = new Fleet({ namespace: ({ FLEET }) => FLEET, deployment: () => 'one' });

export { LifecycleObject } from 'tidegate/cloudflare';

export default withLifecycle(
  { fetch: () => new Response(`ready is ${Phase.Ready} on ${Lifecycle.create().backend}`) },
  {
    fleet,
    handler: (lifecycle, env) => fleet.handler(lifecycle, env, { adminToken: 'secret' }),
  },
);
