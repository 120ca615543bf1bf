/**
 * A Worker over the packed package.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { Lifecycle as OfWorkers, withLifecycle } from 'tidegate/workerd';

export default withLifecycle(
  {
    fetch: (_request, _env, _ctx, { backend }) =>
      Response.json({ backend, isSameClass: Lifecycle === OfWorkers }),
  },
  { handler: (lifecycle) => createHandler(lifecycle) },
);
