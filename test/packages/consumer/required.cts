/**
 * CommonJS in TypeScript: `require` of a module, as Node 20.19 and later have it. To be compiled, not
 * run.
 *
 * @module
 */

import tidegate = require('tidegate');
import node = require('tidegate/node');

import { createHandler } from 'tidegate/http';

/** A handler, made from CommonJS. */
export function start(): node.NodeListener {
  const lifecycle: tidegate.Lifecycle = tidegate.Lifecycle.create();
  return node.toNodeListener(createHandler(lifecycle));
}
