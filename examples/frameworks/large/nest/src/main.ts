/**
 * NestJS keeps its own server: the server is adopted, and `app.close()` is a step, so that
 * `onModuleDestroy` and the other hooks run once no request is in progress.
 *
 * @module
 */

import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { adopt, handleSignals } from 'tidegate/node';
import { AppModule } from './app.js';
import { health, lifecycle } from './lifecycle.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule, {
  logger: ['error', 'warn'],
});
app.useBodyParser('text');
// Better left out: it runs the hooks at the signal, while requests are still served. A service that has
// it loses nothing, as long as its flush is a step.
if (process.env.SHUTDOWN_HOOKS !== undefined) app.enableShutdownHooks();

await adopt(app.getHttpServer(), { lifecycle, fetch: health });
lifecycle.step({ name: 'nest', run: () => app.close() });
handleSignals(lifecycle);
await app.listen(process.env.PORT ?? 8080);
// Longer than the load balancer keeps a connection, or the two race.
app.getHttpServer().keepAliveTimeout = 72_000;
lifecycle.markReady();
console.log(`listening on ${await app.getUrl()}`);
