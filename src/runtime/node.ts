/**
 * Node: a server over `node:http`, a `(req, res)` form for frameworks, and signals:
 * `tidegate/node`.
 *
 * @module
 */

export type { KindOf } from './admission.ts';
export { type AdoptOptions, adopt, type NodeServer } from './node/adopt.ts';
export {
  type ListenerOptions,
  type NodeListener,
  toNodeListener,
} from './node/listener.ts';
export type { NodeRequest, NodeResponse } from './node/messages.ts';
export { permitOf } from './node/permit.ts';
export { type NodeServeOptions, serve } from './node/serve.ts';
export type { FetchHandler, RequestInfo, ServeOptions, Server } from './options.ts';
export {
  type Closable,
  type FinallyEntry,
  handleSignals,
  type RecordStore,
  type SignalOptions,
} from './signals.ts';
