/**
 * Atomic operations as data: what a thread is about to do, and what that does to a word. It knows
 * neither threads nor schedules.
 *
 * @module
 */

/** What can be done to a word in one step. */
export type Kind =
  | 'load'
  | 'store'
  | 'add'
  | 'sub'
  | 'and'
  | 'or'
  | 'xor'
  | 'exchange'
  | 'compare'
  | 'wait'
  | 'notify';

/** One operation. Values are unsigned; `value` is what is stored, added, waited for. */
export interface Operation {
  readonly kind: Kind;
  /** Bytes of the word. */
  readonly width: 4 | 8;
  readonly address: number;
  readonly value: bigint;
  /** What a `compare` compares with. */
  readonly expected: bigint;
  /** Which place in the code it is; the same at every execution. */
  readonly site: number;
}

/** The word after an operation; the same if it changes nothing. */
export function after(operation: Operation, word: bigint): bigint {
  const { kind, width, value, expected } = operation;
  switch (kind) {
    case 'load':
    case 'wait':
    case 'notify':
      return word;
    case 'store':
    case 'exchange':
      return value;
    case 'compare':
      return word === expected ? value : word;
    case 'add':
      return BigInt.asUintN(width * 8, word + value);
    case 'sub':
      return BigInt.asUintN(width * 8, word - value);
    case 'and':
      return word & value;
    case 'or':
      return word | value;
    case 'xor':
      return word ^ value;
  }
}

/** True if the operation can change a word. */
export function isWrite({ kind }: Operation): boolean {
  return kind !== 'load' && kind !== 'wait' && kind !== 'notify';
}
