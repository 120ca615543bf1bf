/**
 * A cron job: no run begins after the acceptance, and the steps wait for one that is in progress.
 *
 * @module
 */

import { Cron } from 'croner';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const job = new Cron('* * * * * *', { protect: true }, () =>
  lifecycle.gate.run('write', async () => {
    console.log('begins');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await save(`run at ${Date.now()}`);
  }),
);
lifecycle.leaving.addEventListener('abort', () => job.stop());

const server = await serve({ lifecycle, fetch: health, port });
handleSignals(lifecycle);
started(server.url);
