/**
 * A Worker of the edge, which uses all doors, and leads its own fleet.
 *
 * @module
 */

import { Phase } from 'tidegate';
import { Fleet } from 'tidegate/cloudflare';
import { withLifecycle } from 'tidegate/workerd';

const fleet = new Fleet({ namespace: ({ FLEET }) => FLEET, deployment: () => 'one' });

export { LifecycleObject } from 'tidegate/cloudflare';

export default withLifecycle(
  { fetch: () => new Response(`ready is ${Phase.Ready}`) },
  {
    fleet,
    handler: (lifecycle, env) => fleet.handler(lifecycle, env, { adminToken: 'secret' }),
  },
);
