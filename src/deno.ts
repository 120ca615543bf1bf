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
  type AdoptOptions,
  adopt,
  type Closable,
  type FetchHandler,
  type FinallyEntry,
  handleSignals,
  type KindOf,
  type NodeServer,
  permitOf,
  type RecordStore,
  type RequestInfo,
  type ServeOptions,
  type Server,
  type SignalOptions,
  serve,
} from './runtime/deno.ts';
export { startHeartbeat } from './runtime/heartbeat.ts';
