/**
 * Values held against types that others publish: each is compiled as a literal, so that a key that its
 * type does not have is an error, too. Types only; nothing is run.
 *
 * @module
 */

import { join } from 'node:path';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  types: [],
  skipLibCheck: true,
};

/** A value, and the type that it should be of. */
export interface Literal {
  /** What exports the type; a relative path is as of a file in this folder. */
  readonly module: string;
  readonly type: string;
  readonly value: unknown;
}

/** What is wrong with each of the values, as the compiler says it; all in one program, in files that are thought. */
export function typeFaultsOf(literals: readonly Literal[]): string[][] {
  const sources = new Map(
    literals.map((literal, index) => [
      join(import.meta.dirname, `literal-${index}.ts`),
      sourceOf(literal),
    ]),
  );
  const host = ts.createCompilerHost(OPTIONS);
  const { readFile, fileExists } = host;
  host.readFile = (file) => sources.get(file) ?? readFile.call(host, file);
  host.fileExists = (file) => sources.has(file) || fileExists.call(host, file);
  const files = [...sources.keys()];
  const faults: string[][] = files.map(() => []);
  for (const { file, messageText } of ts.getPreEmitDiagnostics(
    ts.createProgram(files, OPTIONS, host),
  )) {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    const of = faults[files.indexOf(file?.fileName ?? '')];
    if (of === undefined) throw new Error(`${file?.fileName}: ${text}`);
    of.push(text);
  }
  return faults;
}

function sourceOf({ module, type, value }: Literal): string {
  return (
    `import type { ${type} as It } from '${module}';\n` +
    `export const it: It = ${JSON.stringify(value)};\n`
  );
}
