/**
 * The shipped binary, made to tell of every access before it makes it. Only for tests: what it does
 * is the same, call by call.
 *
 * @module
 */

import binaryen from 'binaryen';
import type { Core } from '../../src/core/core.ts';
import { coreBytes } from '../../src/core/embedded.ts';

/** Called with the address and the width, in bytes, of each access. */
export type Told = (address: number, width: number) => void;

/** What an expression says of itself; which of these there are depends on its kind. */
type Info = Readonly<Record<string, unknown>> & {
  readonly id: number;
  readonly ptr?: number;
  readonly offset?: number;
  readonly bytes?: number;
  readonly expectedType?: number;
};

const CHILDREN = [
  ...['condition', 'ifTrue', 'ifFalse', 'body', 'value', 'left', 'right', 'ptr', 'expected'],
  ...['replacement', 'timeout', 'notifyCount', 'operands', 'children'],
];

/** Instantiates the binary over `memory`, with a call to `told` at every access. */
export function traced(memory: WebAssembly.Memory, told: Told): Core {
  const module = binaryen.readBinary(coreBytes(true));
  module.setFeatures(binaryen.Features.All);
  const { i32 } = binaryen;
  module.addFunctionImport('told', 'env', 'told', binaryen.createType([i32, i32, i32]), i32);

  const visit = (expression: number): void => {
    // binaryen types an expression by its kind, which is what is asked for here.
    const info = binaryen.getExpressionInfo(expression) as unknown as Info;
    for (const name of CHILDREN) {
      const child = info[name];
      // A constant's value is a number, too, but no expression.
      if (info.id === binaryen.ConstId || child === undefined) continue;
      for (const each of Array.isArray(child) ? child : [child]) {
        if (typeof each === 'number' && each !== 0) visit(each);
      }
    }
    const setter = setterOf(info.id);
    if (setter === undefined || info.ptr === undefined) return;
    const { offset = 0 } = info;
    const width = widthOf(info);
    setter(
      expression,
      module.call('told', [info.ptr, module.i32.const(offset), module.i32.const(width)], i32),
    );
  };

  for (let index = 0; index < module.getNumFunctions(); index++) {
    const { body } = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
    if (body !== 0) visit(body);
  }
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module(new Uint8Array(module.emitBinary())),
    {
      env: {
        memory,
        told: (address: number, offset: number, width: number): number => {
          told((address >>> 0) + offset, width);
          return address;
        },
      },
    },
  );
  return instance.exports as unknown as Core;
}

type Setter = (expression: number, ptr: number) => void;

/** The classes of expressions, which binaryen's declarations leave out. */
const { Load, Store, AtomicRMW, AtomicCmpxchg, AtomicWait, AtomicNotify } =
  binaryen as unknown as Readonly<Record<string, { readonly setPtr: Setter }>>;

function setterOf(id: number): Setter | undefined {
  switch (id) {
    case binaryen.LoadId:
      return Load?.setPtr;
    case binaryen.StoreId:
      return Store?.setPtr;
    case binaryen.AtomicRMWId:
      return AtomicRMW?.setPtr;
    case binaryen.AtomicCmpxchgId:
      return AtomicCmpxchg?.setPtr;
    case binaryen.AtomicWaitId:
      return AtomicWait?.setPtr;
    case binaryen.AtomicNotifyId:
      return AtomicNotify?.setPtr;
    default:
      return undefined;
  }
}

/** A wait has the width of what it expects; a notify is on the u32 that is waited for. */
function widthOf({ bytes, expectedType }: Info): number {
  return bytes ?? (expectedType === binaryen.i64 ? 8 : 4);
}
