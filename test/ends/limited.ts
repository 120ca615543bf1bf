/**
 * Says what can be had of memory: run under a limit on addresses (`ulimit -v`).
 *
 * @module
 */

import { type Backend, Lifecycle, type LifecycleError } from '../../src/index.ts';
import { runtime, say } from '../runtime/door.ts';

/** The code of what `make` throws, or nothing. */
function refusal(make: () => unknown): string | null {
  try {
    make();
    return null;
  } catch (error) {
    const { name, code, message } = error as LifecycleError;
    return `${name} ${code ?? message}`;
  }
}

say('runs', { runtime });
say('engine', {
  refusal: refusal(() => new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true })),
});
for (const backend of ['atomics', 'wasm'] satisfies Backend[]) {
  say(backend, { refusal: refusal(() => Lifecycle.create({ backend })) });
}
const lifecycle = Lifecycle.create({ backend: 'atomics' });
lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
lifecycle.markReady();
const other = Lifecycle.attach(lifecycle.share(), { backend: 'atomics' });
const wasm = refusal(() => Lifecycle.attach(lifecycle.share(), { backend: 'wasm' }));
await other.shutdown();
say('stopped', { report: lifecycle.shutdownReport(), wasm });
