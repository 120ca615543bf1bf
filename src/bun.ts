/**
 * Bun: servers, signals and the probe thread: `tidegate/bun`.
 *
 * @module
 */

export {
  type ProbeServer,
  type ProbeServerOptions,
  serveProbes,
} from './probes/serve.ts';
export {
  type FetchHandler,
  handleSignals,
  type ServeOptions,
  type Server,
  type SignalOptions,
  serve,
} from './runtime/bun.ts';
export { startHeartbeat } from './runtime/heartbeat.ts';
