/**
 * What the numbers of `examples/deploy` have to do with each other and with the defaults of the
 * code, one rule each. All of them are read from the files; none is repeated here.
 *
 * @module
 */

import { BUDGET_MS } from '../../src/lifecycle/pipeline.ts';
import { LEAST_GRACE_MS, MOST_GRACE_MS } from '../../src/runtime/grace-period.ts';
import { deployedOf, type Probe } from './deployed.ts';
import {
  after,
  directive,
  environmentOf,
  type Files,
  imageOf,
  msOf,
  only,
  unitOf,
} from './files.ts';

/** What `docker stop` and Kubernetes wait by default, and Node between two requests. */
const DOCKER_STOP_MS = 10_000;
const KUBERNETES_GRACE_MS = 30_000;
const NODE_KEEP_ALIVE_MS = 5_000;

/** A rule holds, or says what it compared. */
type Rule = (files: Files) => true | string;

/** By what each says. */
export const RULES: Readonly<Record<string, Rule>> = {
  'Kubernetes waits for preStop, budget and answers': (files) => {
    const { pod, container, env } = deployedOf(files['kubernetes.yaml']);
    const preStopMs = container.lifecycle.preStop.sleep.seconds * 1_000;
    const neededMs = preStopMs + Number(env.BUDGET_MS) + LEAST_GRACE_MS;
    return atLeast(pod.terminationGracePeriodSeconds * 1_000, neededMs);
  },
  'Kubernetes waits by default for the default budget and answers': () =>
    atLeast(KUBERNETES_GRACE_MS, BUDGET_MS + LEAST_GRACE_MS),
  'the service has the default budget': ({ 'service.js': text }) =>
    same(/BUDGET_MS = '(\d+)'/.exec(text)?.[1], String(BUDGET_MS)),
  'the pre-drain of Kubernetes covers a failed readiness probe': (files) => {
    const { container, env } = deployedOf(files['kubernetes.yaml']);
    return atLeast(Number(env.PRE_DRAIN_MS), failsInMs(container.readinessProbe));
  },
  'the liveness of Kubernetes waits for the last answers': (files) =>
    atLeast(
      lastFailureMs(deployedOf(files['kubernetes.yaml']).container.livenessProbe),
      MOST_GRACE_MS,
    ),
  'a boot has the same time in Kubernetes and under systemd': (files) =>
    same(
      failsInMs(deployedOf(files['kubernetes.yaml']).container.startupProbe),
      msOf(only(unit(files), 'TimeoutStartSec')),
    ),
  'each probe asks a port of the container': (files) => {
    const { container } = deployedOf(files['kubernetes.yaml']);
    const { startupProbe, livenessProbe, readinessProbe, ports } = container;
    const asked = [startupProbe, livenessProbe, readinessProbe].map((each) => each.httpGet.port);
    return subset(
      asked,
      ports.map(({ name }) => name),
    );
  },
  'the ports of the container are those that the service listens on': (files) => {
    const { container, env } = deployedOf(files['kubernetes.yaml']);
    const ports = container.ports.map(({ containerPort }) => String(containerPort));
    return same(ports, [env.PORT, env.PROBE_PORT]);
  },
  'the Service and the budget of disruptions are about these pods': (files) => {
    const { deployment, service, disruptions } = deployedOf(files['kubernetes.yaml']);
    const labels = deployment.spec.template.metadata.labels;
    const selectors = [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      disruptions.spec.selector.matchLabels,
    ];
    return same(selectors, [labels, labels, labels]);
  },
  'the Service leads to a port of the container': (files) => {
    const { container, service } = deployedOf(files['kubernetes.yaml']);
    const targets = service.spec.ports.map(({ targetPort }) => targetPort);
    return subset(
      targets,
      container.ports.map(({ name }) => name),
    );
  },
  'the data is on the volume': (files) => {
    const { pod, container, env } = deployedOf(files['kubernetes.yaml']);
    const [mount] = container.volumeMounts;
    const isThere = pod.volumes.some(({ name }) => name === mount?.name);
    return same([`${mount?.mountPath}/`, isThere], [env.DATA_FILE?.replace(/[^/]*$/, ''), true]);
  },
  'a node can be drained': (files) => {
    const { deployment, disruptions } = deployedOf(files['kubernetes.yaml']);
    const kept = disruptions.spec.minAvailable;
    return atLeast(deployment.spec.replicas, kept + 1);
  },
  'systemd waits for budget and answers': (files) =>
    atLeast(
      msOf(only(unit(files), 'TimeoutStopSec')),
      Number(unitEnvironment(files).BUDGET_MS) + LEAST_GRACE_MS,
    ),
  'an instance leaves with one check more than HAProxy needs': (files) =>
    same(Number(unitEnvironment(files).PRE_DRAIN_PROBES), haproxy(files).fall + 1),
  'the pre-drain covers these checks at their slowest': (files) => {
    const { fall, intervalMs, checkMs } = haproxy(files);
    return atLeast(
      Number(unitEnvironment(files).PRE_DRAIN_MS),
      (fall + 1) * (intervalMs + checkMs),
    );
  },
  'every pre-drain is a part of its budget': (files) => {
    const all = [deployedOf(files['kubernetes.yaml']).env, unitEnvironment(files)];
    const left = all.map((env) => Number(env.BUDGET_MS) - Number(env.PRE_DRAIN_MS));
    return atLeast(Math.min(...left), 1);
  },
  'HAProxy waits longer for an answer than a shutdown does': (files) => {
    const waits = directive(files['haproxy.cfg'], 'timeout (?:client|server)').map(msOf);
    return atLeast(Math.min(...waits), Number(unitEnvironment(files).BUDGET_MS));
  },
  'nginx waits longer for an answer than a shutdown does': ({ 'nginx.conf': text, ...files }) =>
    atLeast(
      msOf(directive(text, 'proxy_read_timeout')[0] ?? ''),
      Number(environmentOf(files['tidegate-example.service']).BUDGET_MS),
    ),
  'nginx gives an idle connection up before Node does': ({ 'nginx.conf': text }) =>
    atLeast(NODE_KEEP_ALIVE_MS - 1, msOf(directive(text, 'keepalive_timeout')[0] ?? '')),
  'docker stop waits for budget and answers': (files) =>
    atLeast(DOCKER_STOP_MS, Number(image(files).env.BUDGET_MS) + LEAST_GRACE_MS),
  'the health check waits for the last answers': (files) => {
    const { checkFlags } = image(files);
    const failures = Number(checkFlags.get('retries')) - 1;
    return atLeast(failures * msOf(checkFlags.get('interval') ?? ''), MOST_GRACE_MS);
  },
  'the health check speaks before it is ended': (files) => {
    const { check, checkFlags } = image(files);
    const spoken = msOf(check[check.indexOf('--timeout') + 1] ?? '');
    return atLeast(msOf(checkFlags.get('timeout') ?? '') - 1, spoken);
  },
  'the image has the ports that it listens on, and asks the one of the probes': (files) => {
    const { env, ports, check } = image(files);
    const { port } = new URL(check.at(-1) ?? '');
    return same([ports, port], [[env.PORT, env.PROBE_PORT], env.PROBE_PORT]);
  },
  'no token is in a file': (files) => {
    const { env } = deployedOf(files['kubernetes.yaml']);
    const set = [env, unitEnvironment(files), image(files).env].flatMap(Object.entries);
    // From a secret it has no value here.
    return subset(
      set.filter(([name, value]) => /TOKEN/.test(name) && value !== undefined),
      [],
    );
  },
  'what is set is what the service reads': (files) => {
    const [, read = ''] = /const \{([^}]*)\} = process\.env/.exec(files['service.js']) ?? [];
    const set = [
      deployedOf(files['kubernetes.yaml']).env,
      unitEnvironment(files),
      image(files).env,
    ].flatMap(Object.keys);
    const known = [...read.matchAll(/[A-Z_]{4,}/g)].map(([name]) => name);
    return subset(set, [...known, 'NODE_ENV']);
  },
};

/** The rules that do not hold, each with what was compared. */
export function broken(files: Files): string[] {
  return Object.entries(RULES).flatMap(([rule, holds]) => {
    const found = holds(files);
    return found === true ? [] : [`${rule}: ${found}`];
  });
}

function atLeast(found: number, needed: number): true | string {
  return found >= needed || `${found} < ${needed}`;
}

function same(found: unknown, expected: unknown): true | string {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should || `${is}, not ${should}`;
}

function subset(found: readonly unknown[], known: readonly unknown[]): true | string {
  const strange = found.filter((each) => !known.includes(each));
  return strange.length === 0 || `${strange} is none of ${known}`;
}

/** Milliseconds for which a probe may fail before something is done. */
function failsInMs(probe: Probe): number {
  return probe.periodSeconds * probe.failureThreshold * 1_000;
}

/** Milliseconds from the first failure to the one that counts. */
function lastFailureMs(probe: Probe): number {
  return failsInMs(probe) - probe.periodSeconds * 1_000;
}

function unit(files: Files): ReadonlyMap<string, readonly string[]> {
  return unitOf(files['tidegate-example.service']);
}

function unitEnvironment(files: Files): Readonly<Record<string, string | undefined>> {
  return environmentOf(files['tidegate-example.service']);
}

function haproxy({ 'haproxy.cfg': text }: Files): {
  readonly fall: number;
  readonly intervalMs: number;
  readonly checkMs: number;
} {
  const checkMs = msOf(directive(text, 'timeout check')[0] ?? '');
  return { fall: Number(after(text, 'fall')), intervalMs: msOf(after(text, 'inter')), checkMs };
}

function image(files: Files): ReturnType<typeof imageOf> {
  return imageOf(files.Dockerfile);
}
