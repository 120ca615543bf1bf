/**
 * Deno: servers, signals and the probe thread: `tidegate/deno`.
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
} from './runtime/deno.ts';
export { startHeartbeat } from './runtime/heartbeat.ts';
