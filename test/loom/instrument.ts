/**
 * The binary as a machine: every atomic instruction becomes a call out, which the explorer answers.
 * Whatever would touch shared bytes otherwise is refused. It changes nothing else, and counts the
 * instructions before and after.
 *
 * @module
 */

import binaryen from 'binaryen';
import type { Core } from '../../src/core/core.ts';
import { Refusal } from './images.ts';
import type { CoreOf } from './machine.ts';
import type { Kind, Operation } from './operations.ts';

/** A list in the text format: its head, and what follows, lists or words. */
type Expression = string | readonly Expression[];

const ATOMIC =
  /^(?:i(32|64)\.atomic\.(load|store|rmw\.(?:add|sub|and|or|xor|xchg|cmpxchg))|memory\.atomic\.(wait32|wait64|notify))$/;
const PLAIN =
  /^(?:(?:[if](?:32|64)|v128)\.(?:load|store)\w*|memory\.(?:grow|copy|fill|init)|data\.drop|i(?:32|64)\.atomic\.(?:load|store|rmw)\d+.*)$/;

const KINDS: Readonly<Record<string, Kind>> = {
  load: 'load',
  store: 'store',
  'rmw.add': 'add',
  'rmw.sub': 'sub',
  'rmw.and': 'and',
  'rmw.or': 'or',
  'rmw.xor': 'xor',
  'rmw.xchg': 'exchange',
  'rmw.cmpxchg': 'compare',
  wait32: 'wait',
  wait64: 'wait',
  notify: 'notify',
};

/** What the calls out are named. */
const IMPORTS = `
  (import "loom" "load32" (func $loom_load32 (param i32 i32 i32) (result i32)))
  (import "loom" "load64" (func $loom_load64 (param i32 i32 i32) (result i64)))
  (import "loom" "store32" (func $loom_store32 (param i32 i32 i32 i32)))
  (import "loom" "store64" (func $loom_store64 (param i32 i32 i32 i64)))
  (import "loom" "update32" (func $loom_update32 (param i32 i32 i32 i32 i32) (result i32)))
  (import "loom" "update64" (func $loom_update64 (param i32 i32 i32 i32 i64) (result i64)))
  (import "loom" "compare32" (func $loom_compare32 (param i32 i32 i32 i32 i32) (result i32)))
  (import "loom" "compare64" (func $loom_compare64 (param i32 i32 i32 i64 i64) (result i64)))
  (import "loom" "wait32" (func $loom_wait32 (param i32 i32 i32 i32 i64) (result i32)))
  (import "loom" "wait64" (func $loom_wait64 (param i32 i32 i32 i64 i64) (result i32)))
  (import "loom" "notify" (func $loom_notify (param i32 i32 i32 i32) (result i32)))
`;

const UPDATES: readonly Kind[] = ['add', 'sub', 'and', 'or', 'xor', 'exchange'];

/** An instruction that was replaced: its number is the site of its operations. */
export interface Site {
  readonly kind: Kind;
  readonly width: 4 | 8;
  /** The function it is in, as the binary exports or numbers it. */
  readonly inside: string;
}

/** A binary whose atomic operations are calls out. */
export interface Instrumented {
  readonly module: WebAssembly.Module;
  readonly sites: readonly Site[];
  readonly memory: WebAssembly.MemoryDescriptor;
}

/** @throws {Refusal} for a binary with plain access to its memory, or that changes its size */
export function instrument(bytes: Uint8Array): Instrumented {
  const source = binaryen.readBinary(bytes);
  source.setFeatures(binaryen.Features.All);
  const written = source.emitText();
  const text = parse(written);
  const exported = new Map<string, string>();
  for (const [, name = '', inner = ''] of written.matchAll(/\(export "(\w+)" \(func (\S+)\)\)/g)) {
    exported.set(inner, name);
  }
  const sites: Site[] = [];
  let inside = '';
  const visit = (expression: Expression): Expression => {
    if (typeof expression === 'string') return expression;
    const [head = '', ...rest] = expression;
    if (head === 'func' && typeof rest[0] === 'string') inside = exported.get(rest[0]) ?? rest[0];
    if (typeof head === 'string' && PLAIN.test(head)) {
      throw new Refusal(`Not atomic, or of part of a word: ${head} in ${inside}`);
    }
    const match = typeof head === 'string' ? ATOMIC.exec(head) : null;
    if (match === null) return expression.map(visit);
    return replaced(match, rest, visit, (site) => sites.push({ ...site, inside }) - 1);
  };
  const body = visit(text);
  if (typeof body === 'string') throw new Refusal('This is no module');
  const [keyword, ...fields] = body;
  const rewritten = `(${String(keyword)} ${IMPORTS} ${fields.map(print).join('\n')})`;
  const result = binaryen.parseText(rewritten);
  result.setFeatures(binaryen.Features.All);
  const emitted = new Uint8Array(result.emitBinary());
  const before = written.match(/\(\S*atomic\.\S*/g)?.length ?? 0;
  if (before !== sites.length || /\(\S*atomic\.\S*/.test(result.emitText())) {
    throw new Refusal(`${before} atomic instructions became ${sites.length} calls`);
  }
  const limits = /\(memory \S+ (\d+) (\d+)( shared)?\)/.exec(written) ?? [];
  const memory = {
    initial: Number(limits[1] ?? 1),
    maximum: Number(limits[2] ?? 1),
    shared: limits[3] !== undefined,
  };
  return { module: new WebAssembly.Module(emitted), sites, memory };
}

/** Instantiates it over a machine's operations; it may import more than the memory. */
export function wasmMachine(
  { module, memory, sites }: Instrumented,
  imports: WebAssembly.ModuleImports = {},
): CoreOf {
  // One for all threads: it is only linked, and nothing in it is ever touched.
  const env = { memory: new WebAssembly.Memory(memory), ...imports };
  return (perform) => {
    const run = (
      site: number,
      kind: Kind,
      width: 4 | 8,
      at: number,
      value: bigint | number,
      expected: bigint | number = 0,
    ): bigint => {
      const unsigned = (word: bigint | number): bigint => BigInt.asUintN(width * 8, BigInt(word));
      const operation: Operation = {
        kind,
        width,
        address: at >>> 0,
        value: unsigned(value),
        expected: unsigned(expected),
        site,
      };
      return perform(operation);
    };
    const low = (value: bigint): number => Number(BigInt.asIntN(32, value));
    const kindOf = (site: number): Kind => sites[site]?.kind ?? 'load';
    const loom = {
      load32: (site: number, at: number, offset: number) =>
        low(run(site, 'load', 4, at + offset, 0)),
      load64: (site: number, at: number, offset: number) => run(site, 'load', 8, at + offset, 0),
      store32: (site: number, at: number, offset: number, value: number) => {
        run(site, 'store', 4, at + offset, value);
      },
      store64: (site: number, at: number, offset: number, value: bigint) => {
        run(site, 'store', 8, at + offset, value);
      },
      update32: (site: number, _: number, at: number, offset: number, value: number) =>
        low(run(site, kindOf(site), 4, at + offset, value)),
      update64: (site: number, _: number, at: number, offset: number, value: bigint) =>
        run(site, kindOf(site), 8, at + offset, value),
      compare32: (site: number, at: number, offset: number, expected: number, value: number) =>
        low(run(site, 'compare', 4, at + offset, value, expected)),
      compare64: (site: number, at: number, offset: number, expected: bigint, value: bigint) =>
        run(site, 'compare', 8, at + offset, value, expected),
      wait32: (site: number, at: number, offset: number, expected: number) =>
        low(run(site, 'wait', 4, at + offset, expected)),
      wait64: (site: number, at: number, offset: number, expected: bigint) =>
        low(run(site, 'wait', 8, at + offset, expected)),
      notify: (site: number, at: number, offset: number, count: number) =>
        low(run(site, 'notify', 4, at + offset, count >>> 0)),
    };
    const instance = new WebAssembly.Instance(module, { env, loom });
    return instance.exports as unknown as Core;
  };
}

function replaced(
  match: RegExpExecArray,
  rest: readonly Expression[],
  visit: (expression: Expression) => Expression,
  add: (site: Omit<Site, 'inside'>) => number,
): Expression {
  const [, bits, operation, special] = match;
  const kind = KINDS[operation ?? special ?? ''] ?? 'load';
  const width = bits === '64' || special === 'wait64' ? 8 : 4;
  let offset = 0;
  const operands: Expression[] = [];
  for (const each of rest) {
    const attribute = typeof each === 'string' ? /^offset=(\d+)$/.exec(each) : null;
    if (attribute !== null) offset = Number(attribute[1]);
    else if (typeof each !== 'string') operands.push(visit(each));
  }
  const site = add({ kind, width });
  const [pointer = '', ...values] = operands;
  const constant = (value: number): Expression => ['i32.const', String(value)];
  const suffix = kind === 'notify' ? '' : String(width * 8);
  const isUpdate = UPDATES.includes(kind);
  return [
    'call',
    `$loom_${isUpdate ? 'update' : kind}${suffix}`,
    constant(site),
    ...(isUpdate ? [constant(0)] : []),
    pointer,
    constant(offset),
    ...values,
  ];
}

/** Reads the text format, folded as binaryen writes it: lists, words, strings, comments. */
function parse(text: string): Expression {
  const stack: Expression[][] = [[]];
  for (const [token] of text.matchAll(
    /;;[^\n]*|\(;[\s\S]*?;\)|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g,
  )) {
    if (token.startsWith(';;') || token.startsWith('(;')) continue;
    if (token === '(') {
      stack.push([]);
    } else if (token === ')') {
      const list = stack.pop() ?? [];
      stack.at(-1)?.push(list);
    } else {
      stack.at(-1)?.push(token);
    }
  }
  return stack[0]?.[0] ?? '';
}

function print(expression: Expression): string {
  return typeof expression === 'string' ? expression : `(${expression.map(print).join(' ')})`;
}
