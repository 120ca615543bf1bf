/**
 * What the rules read of the Kubernetes manifests. That the manifests have this shape is for
 * `kubernetes.test.ts`.
 *
 * @module
 */

import { manifestsOf } from './manifests.ts';

type Labels = Readonly<Record<string, string>>;

/** A probe, as far as it is read here. */
export interface Probe {
  readonly httpGet: { readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string }[];
}

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
  };
}

interface Service {
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly targetPort: string }[];
  };
}

interface Disruptions {
  readonly spec: {
    readonly minAvailable: number;
    readonly selector: { readonly matchLabels: Labels };
  };
}

/** The manifests, and the parts of them that are asked for most. */
export interface Deployed {
  readonly deployment: Deployment;
  readonly service: Service;
  readonly disruptions: Disruptions;
  readonly pod: Pod;
  readonly container: Container;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads the three manifests. */
export function deployedOf(text: string): Deployed {
  const [deployment, service, disruptions] = manifestsOf(text) as unknown as [
    Deployment,
    Service,
    Disruptions,
  ];
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  return { deployment, service, disruptions, pod, container, env };
}
