/**
 * Node: servers, signals and the probe thread: `tidegate/node`.
 *
 * @module
 */

export {
  type ProbeServer,
  type ProbeServerOptions,
  serveProbes,
} from './probes/serve.ts';
export { startHeartbeat } from './runtime/heartbeat.ts';
export {
  type AdoptOptions,
  adopt,
  type Closable,
  type FetchHandler,
  type FinallyEntry,
  handleSignals,
  type KindOf,
  type ListenerOptions,
  type NodeListener,
  type NodeRequest,
  type NodeResponse,
  type NodeServeOptions,
  type NodeServer,
  permitOf,
  type RecordStore,
  type RequestInfo,
  type ServeOptions,
  type Server,
  type SignalOptions,
  serve,
  toNodeListener,
} from './runtime/node.ts';
export { type WatchedWorker, watchWorker } from './runtime/workers.ts';
