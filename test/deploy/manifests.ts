/**
 * Kubernetes manifests held against the schemas that Kubernetes publishes: the types made of them
 * refuse unknown fields, the validators made of them what a type cannot say. No cluster is asked.
 *
 * @module
 */

import { parseAllDocuments } from 'yaml';
import { typeFaultsOf } from './literals.ts';

/** What every manifest says of itself. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

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
  const faults = typeFaultsOf(
    manifests.map((value) => ({ module: moduleOf(value), type: `I${value.kind}`, value })),
  );
  for (const [index, manifest] of manifests.entries()) {
    const fault = await schemaFaultOf(manifest);
    if (fault !== undefined) faults[index]?.push(fault);
  }
  return faults;
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
