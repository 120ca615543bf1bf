/**
 * Mutants of the binary: one instruction that does less than it says. A suite that does not notice
 * proves less than it seems to.
 *
 * @module
 */

import { coreBytes } from '../../src/core/embedded.ts';
import { instrument, type Site, wasmMachine } from './instrument.ts';
import type { CoreOf } from './machine.ts';
import { after, type Operation } from './operations.ts';

/**
 * What is done to an instruction: a read-modify-write comes apart, a write or a notify is left out,
 * a store comes after the operation that follows it.
 */
export type Mutation = 'split' | 'drop' | 'swap';

/** One mutated instruction. */
export interface Mutant {
  readonly site: number;
  readonly mutation: Mutation;
  /** The instruction, for people. */
  readonly name: string;
}

const binary = instrument(coreBytes(true));

/** All there are. */
export const MUTANTS: readonly Mutant[] = binary.sites.flatMap((site, number) =>
  // `create` runs before there is a second thread; test/core has it byte by byte.
  (site.inside === 'create' ? [] : mutationsOf(site)).map((mutation) => ({
    site: number,
    mutation,
    name: `${mutation} ${site.kind}${site.width * 8} #${number} in ${site.inside}`,
  })),
);

function mutationsOf({ kind }: Site): readonly Mutation[] {
  switch (kind) {
    case 'load':
    case 'wait':
      return [];
    case 'notify':
      return ['drop'];
    case 'store':
      return ['drop', 'swap'];
    default:
      return ['split', 'drop'];
  }
}

/** The machine of a mutant. */
export function mutated({ site, mutation }: Mutant): CoreOf {
  const original = wasmMachine(binary);
  return (perform) => {
    let late: Operation | undefined;
    return original((operation) => {
      if (operation.site === site) {
        if (mutation === 'swap') {
          late = operation;
          return operation.value;
        }
        if (mutation === 'split') {
          const before = perform({ ...operation, kind: 'load' });
          const value = after(operation, before);
          if (value !== before) perform({ ...operation, kind: 'store', value });
          return before;
        }
        // As if it had been done: a compare-and-swap says that it found what it looked for.
        if (operation.kind === 'notify') return 0n;
        return operation.kind === 'compare'
          ? operation.expected
          : perform({ ...operation, kind: 'load' });
      }
      // Taken before it is performed: a run that stops here begins anew, with nothing put off.
      const put = late;
      late = undefined;
      const result = perform(operation);
      if (put !== undefined) perform(put);
      return result;
    });
  };
}
