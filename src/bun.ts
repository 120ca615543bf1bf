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
} from './runtime/bun.ts';
export { startHeartbeat } from './runtime/heartbeat.ts';
