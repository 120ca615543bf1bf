/**
 * A permit and `using`, where the library of the compiler knows `Symbol.dispose`. To be compiled,
 * not run.
 *
 * @module
 */

import type { WriteGate } from 'tidegate';

/** Released at the end of the block. */
export function write(gate: WriteGate): boolean {
  using permit = gate.tryEnter('write');
  const disposable: Disposable | null = permit;
  return disposable !== null;
}
