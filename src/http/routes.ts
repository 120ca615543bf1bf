/**
 * The routes: probes, metrics and admin calls, each at its path. The guards decide who may ask;
 * each answer is written in its own module.
 *
 * @module
 */

import type { CountedProbe } from '../lifecycle/counters.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Asker } from '../lifecycle/routes.ts';
import { beginDrain, type StatusForm, setReadOnly } from './admin.ts';
import { Askers } from './askers.ts';
import type { Act } from './audit.ts';
import { type Details, detailsOf, withFleet } from './details.ts';
import { type AdminGuards, metricsGuard } from './guards.ts';
import { type Demand, type ProbeName, readiness } from './health.ts';
import { metrics } from './metrics.ts';
import type { HandlerOptions, ServiceName } from './options.ts';
import { probePaths } from './paths.ts';
import type { Answer } from './respond.ts';
import { type PlainRoute, probe, type Route, type Routes } from './route.ts';
import { statusOf } from './status.ts';

/** What is open to everybody who reaches the port, but for a token of the metrics. */
export function probeRoutes(
  lifecycle: Lifecycle,
  options: HandlerOptions,
  live: () => Answer,
): Routes {
  const { readyWhileDraining = true, metrics: hasMetrics = true, paths, name, version } = options;
  const at = probePaths(paths);
  const own = detailsOf(lifecycle, options.details);
  const details = (): ReturnType<Details> => withFleet(lifecycle, own());
  const askers = new Askers();
  const counted = (name: CountedProbe, answer: PlainRoute['answerPlainly']): Route =>
    probe(answer, (status) => lifecycle.countProbe(name, status));
  const ready = (probed: ProbeName, demand: Demand): Route => {
    const isBalancer = (asker: Asker, isLeaving: boolean): boolean =>
      askers.note(probed, asker, isLeaving);
    return counted(probed, readiness(lifecycle, probed, demand, isBalancer, details));
  };
  const probes: Routes = [
    [at.live, counted('live', live)],
    [at.ready, ready('ready', readyWhileDraining ? 'queries' : 'writes')],
    [at.readyWrite, ready('ready/write', 'writes')],
    [at.startup, ready('startup', 'queries')],
  ];
  if (!hasMetrics) return probes;
  const scraped: Route = {
    method: 'GET',
    refuse: metricsGuard(lifecycle, options),
    answer: (_, { headers }) => metrics(lifecycle, { name, version }, headers.get('accept')),
  };
  return [...probes, [at.metrics, scraped]];
}

/** What an admin asks for; `shutdown` answers `POST /admin/shutdown`. */
export function adminRoutes(
  lifecycle: Lifecycle,
  service: ServiceName,
  { mayPost, mayRead }: AdminGuards,
  form: StatusForm,
  shutdown: (lifecycle: Lifecycle, body: Uint8Array, act?: Act) => Answer | Promise<Answer>,
): Routes {
  const { name, version } = service;
  const post = (answer: Route['answer']): Route => ({ method: 'POST', refuse: mayPost, answer });
  return [
    [
      '/admin/status',
      {
        method: 'GET',
        refuse: mayRead,
        answer: (_, request) => form(statusOf(lifecycle, { name, version }), request),
      },
    ],
    ['/admin/drain', post((body) => beginDrain(lifecycle, body))],
    ['/admin/shutdown', post((body, _, act) => shutdown(lifecycle, body, act))],
    ['/admin/readonly', post((body) => setReadOnly(lifecycle, body))],
  ];
}
