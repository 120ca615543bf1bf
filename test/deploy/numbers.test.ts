/**
 * The numbers of `examples/deploy` agree with each other and with the defaults of the code, and a
 * number that is changed alone is found. No program is started.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { after, FILES, type Files, imageOf } from './files.ts';
import { broken, RULES } from './rules.ts';

/** One change each, and the rule that it breaks. */
const CHANGES: readonly [file: keyof Files, from: string, to: string, rule: RegExp][] = [
  [
    'kubernetes.yaml',
    'GracePeriodSeconds: 30',
    'GracePeriodSeconds: 24',
    /Kubernetes waits for pre/,
  ],
  ['kubernetes.yaml', 'seconds: 3 ', 'seconds: 9 ', /Kubernetes waits for preStop/],
  ['kubernetes.yaml', 'value: "20000"', 'value: "26000"', /Kubernetes waits for preStop/],
  ['kubernetes.yaml', 'value: "2000"', 'value: "900"', /covers a failed readiness probe/],
  ['kubernetes.yaml', 'value: "2000"', 'value: "20000"', /is a part of its budget/],
  ['kubernetes.yaml', 'periodSeconds: 5', 'periodSeconds: 4', /liveness of Kubernetes waits/],
  ['kubernetes.yaml', 'failureThreshold: 90', 'failureThreshold: 60', /same time in Kubernetes/],
  ['kubernetes.yaml', 'port: probes', 'port: probe', /each probe asks a port/],
  ['kubernetes.yaml', 'containerPort: 9090', 'containerPort: 9091', /ports of the container are/],
  ['kubernetes.yaml', 'selector: { app: service }', 'selector: { app: other }', /these pods/],
  ['kubernetes.yaml', 'targetPort: http', 'targetPort: https', /Service leads to a port/],
  ['kubernetes.yaml', 'mountPath: /data', 'mountPath: /var', /data is on the volume/],
  ['kubernetes.yaml', 'minAvailable: 1', 'minAvailable: 2', /a node can be drained/],
  ['kubernetes.yaml', 'name: PRE_DRAIN_MS', 'name: PREDRAIN_MS', /is what the service reads/],
  [
    'tidegate-example.service',
    'TimeoutStopSec=25',
    'TimeoutStopSec=21',
    /systemd waits for budget/,
  ],
  ['tidegate-example.service', 'DRAIN_PROBES=3', 'DRAIN_PROBES=2', /one check more than HAProxy/],
  ['tidegate-example.service', 'DRAIN_MS=7000', 'DRAIN_MS=6000', /these checks at their slowest/],
  ['haproxy.cfg', 'inter 250ms', 'inter 1s', /these checks at their slowest/],
  ['haproxy.cfg', 'fall 2', 'fall 3', /one check more than HAProxy needs/],
  ['haproxy.cfg', 'timeout server 30s', 'timeout server 10s', /HAProxy waits longer/],
  ['nginx.conf', 'proxy_read_timeout 30s', 'proxy_read_timeout 10s', /nginx waits longer/],
  ['nginx.conf', 'keepalive_timeout 4s', 'keepalive_timeout 60s', /before Node does/],
  ['Dockerfile', 'BUDGET_MS=7000', 'BUDGET_MS=25000', /docker stop waits/],
  ['Dockerfile', '--interval=5s', '--interval=2s', /health check waits for the last answers/],
  ['Dockerfile', '"2s"', '"5s"', /speaks before it is ended/],
  ['Dockerfile', 'EXPOSE 8080 9090', 'EXPOSE 8080 9091', /has the ports that it listens on/],
  ['Dockerfile', 'localhost:9090', 'localhost:8080', /asks the one of the probes/],
  ['kubernetes.yaml', 'valueFrom:', 'value: x\n              valueFrom:', /no token is in a file/],
  ['tidegate-example.service', 'BUDGET_MS=20000', '$& A_TOKEN=x', /no token is in a file/],
  ['Dockerfile', 'ENV PORT=8080', '$& ADMIN_TOKEN=x', /no token is in a file/],
  ['service.js', "BUDGET_MS = '25000'", "BUDGET_MS = '9000'", /the default budget/],
];

describe('the numbers', () => {
  it('agree', () => {
    expect(broken(FILES)).toEqual([]);
  });

  it.each(CHANGES)('%s with %s as %s is found', (file, from, to, rule) => {
    expect(FILES[file]).toContain(from);
    const changed = { ...FILES, [file]: FILES[file].replace(from, to) };
    expect(broken(changed).join('\n')).toMatch(rule);
  });

  it('each rule about the files is broken by one of these changes', () => {
    const found = CHANGES.flatMap(([file, from, to]) =>
      broken({ ...FILES, [file]: FILES[file].replace(from, to) }),
    );
    const unbroken = Object.entries(RULES)
      .filter(([, holds]) => holds.length > 0)
      .map(([rule]) => rule)
      .filter((rule) => !found.some((fault) => fault.startsWith(`${rule}:`)));
    expect(unbroken).toEqual([]);
  });

  it('every path that is asked is one that the service answers', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const handler = createHandler(lifecycle);
    const { 'kubernetes.yaml': manifests, Dockerfile } = FILES;
    const paths = [...manifests.matchAll(/\bpath: (\/[\w/]+)/g)].map(([, path = '']) => path);
    paths.push(after(FILES['haproxy.cfg'], 'httpchk GET'));
    paths.push(new URL(imageOf(Dockerfile).check.at(-1) ?? '').pathname);
    expect(paths.length).toBe(5);
    for (const path of paths) {
      const answer = await handler(new Request(`http://localhost${path}`));
      expect([path, answer?.status]).toEqual([path, 200]);
    }
    lifecycle.detach();
  });
});
