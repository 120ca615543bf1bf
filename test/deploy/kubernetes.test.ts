/**
 * The Kubernetes manifests of `examples/deploy` have the shape that Kubernetes takes, and a mistake
 * in them would be found. Whether their numbers agree is for `numbers.test.ts`.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { FILES } from './files.ts';
import { faultsOf, manifestsOf } from './manifests.ts';

const TEXT = FILES['kubernetes.yaml'];

/** One mistake each, and what is said of it. */
const MISTAKES: readonly [name: string, from: string, to: string, fault: RegExp][] = [
  ['an unknown field', 'preStop:', 'preStopp:', /"preStopp"' does not exist/],
  ['an unknown field of a probe', 'periodSeconds: 2', 'period: 2', /"period"' does not exist/],
  ['an unknown field at the top', '\nspec:', '\nspecs:', /"specs"' does not exist/],
  ['a text for a number', 'replicas: 2', 'replicas: "2"', /replicas must be integer/],
  ['a number for a text', 'value: "8080"', 'value: 8080', /not assignable to type 'string'/],
  ['a fraction', 'containerPort: 8080', 'containerPort: 80.8', /containerPort must be integer/],
  ['a value of no list', 'type: RollingUpdate', 'type: Rolling', /not assignable to type/],
  ['a field that is missing', '  selector:\n    match', '  match', /required property selector/],
  ['a list for an object', 'sleep: { seconds: 3 }', 'sleep: [3]', /must be object/],
  ['a version that has it not', 'apps/v1', 'apps/v9', /no Deployment in apps\/v9/],
  ['a kind that is none', 'kind: Deployment', 'kind: Deploiment', /no Deploiment in apps/],
];

describe('the manifests', () => {
  it('are what the schemas of Kubernetes ask for', async () => {
    const manifests = manifestsOf(TEXT);
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ]);
    expect(await faultsOf(manifests)).toEqual(manifests.map(() => []));
  });

  it('would be refused with any of these mistakes', async () => {
    const wrong = MISTAKES.map(([, from, to]) => {
      expect(TEXT).toContain(from);
      const [deployment] = manifestsOf(TEXT.replace(from, to));
      if (deployment === undefined) throw new Error('There is no manifest');
      return deployment;
    });
    const faults = await faultsOf(wrong);
    for (const [index, [name, , , fault]] of MISTAKES.entries()) {
      expect([name, faults[index]?.join('\n')]).toEqual([name, expect.stringMatching(fault)]);
    }
  });

  it('would be refused with a key that is there twice', () => {
    expect(() => manifestsOf(TEXT.replace('  replicas: 2\n', '$&$&'))).toThrow(/unique/);
  });
});
