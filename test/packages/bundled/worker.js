/**
 * A Worker of the edge, which uses both doors.
 *
 * @module
 */

import { Phase } from 'tidegate';
import { withLifecycle } from 'tidegate/workerd';

export default withLifecycle({
  fetch: () => new Response(`ready is ${Phase.Ready}`),
});
