/**
 * The entries for pages: `tidegate/browser` has what `tidegate` has, and a lifecycle of the one is a
 * lifecycle of the other. To be compiled, not run.
 *
 * @module
 */

import type * as everything from 'tidegate';
import { useAtomics } from 'tidegate/atomics';
import * as browser from 'tidegate/browser';
import core from 'tidegate/core.wasm';

export const same: typeof everything = browser;

/** The same class, so that one build can mix what libraries import. */
export function start(options: browser.CreateOptions): everything.Lifecycle {
  useAtomics();
  return browser.Lifecycle.create(options);
}

/** A module that is compiled already. */
export const compiled: object = core;
