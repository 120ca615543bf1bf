/**
 * Kubernetes manifests held against the schemas that Kubernetes publishes: the types made of them
 * refuse unknown fields, the validators made of them what a type cannot say. No cluster is asked.
 *
 * @module
 */

import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

/** What every manifest says of itself. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Where files are thought to be, so that packages are found from there. */
const FOLDER = join(import.meta.dirname, 'manifests');

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
  skipLibCheck: true,
};

/**
 * The documents of a YAML file.
 *
 * @throws what the parser finds, a key that is there twice among it
 */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw error;
    return document.toJS() as Manifest;
  });
}

/** What is wrong with each of the manifests. */
export async function faultsOf(manifests: readonly Manifest[]): Promise<string[][]> {
  const faults = typeFaultsOf(manifests);
  for (const [index, manifest] of manifests.entries()) {
    const fault = await schemaFaultOf(manifest);
    if (fault !== undefined) faults[index]?.push(fault);
  }
  return faults;
}

/** Compiles each as a literal of its type, all in one program. */
function typeFaultsOf(manifests: readonly Manifest[]): string[][] {
  const sources = new Map(
    manifests.map((manifest, index) => [join(FOLDER, `${index}.ts`), sourceOf(manifest)]),
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
    const of = faults[files.indexOf(file?.fileName ?? '')];
    if (of === undefined) throw new Error(`${file?.fileName}: ${String(messageText)}`);
    of.push(ts.flattenDiagnosticMessageText(messageText, ' '));
  }
  return faults;
}

function sourceOf(manifest: Manifest): string {
  return (
    `import type { I${manifest.kind} as It } from '${moduleOf(manifest)}';\n` +
    `export const it: It = ${JSON.stringify(manifest)};\n`
  );
}

async function schemaFaultOf(manifest: Manifest): Promise<string | undefined> {
  const models = (await import(moduleOf(manifest)).catch(() => ({}))) as Readonly<
    Record<string, new (data: Manifest) => { validate(): void }>
  >;
  const Model = models[manifest.kind];
  if (Model === undefined) return `There is no ${manifest.kind} in ${manifest.apiVersion}`;
  try {
    new Model(manifest).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function moduleOf({ apiVersion }: Manifest): string {
  return `kubernetes-models/${apiVersion}`;
}
