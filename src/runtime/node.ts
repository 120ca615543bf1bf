/**
 * Node: a server over `node:http`, a `(req, res)` form for frameworks, and signals:
 * `tidegate/node`.
 *
 * @module
 */

export {
  type ListenerOptions,
  type NodeListener,
  type NodeRequest,
  type NodeResponse,
  toNodeListener,
} from './node/listener.ts';
export { type NodeServeOptions, serve } from './node/serve.ts';
export type { FetchHandler, ServeOptions, Server } from './options.ts';
export { handleSignals, type SignalOptions } from './signals.ts';
