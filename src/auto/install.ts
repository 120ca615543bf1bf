/**
 * The zero-code form: adopts every server that the program opens, handles the signals, and serves
 * the probes, as environment variables say. No other part of the package acts at import or replaces
 * methods of others; the user asks for this one by a flag.
 *
 * @module
 */

import process from 'node:process';
import { LifecycleError } from '../lifecycle/errors.ts';
import { Lifecycle } from '../lifecycle/for-servers.ts';
import { succeeded } from '../lifecycle/report.ts';
import { serveProbes } from '../probes/serve.ts';
import { graceMs } from '../runtime/grace-period.ts';
import { handleSignals } from '../runtime/signals.ts';
import { adoptAll } from './adoption.ts';
import { OwnHandlers } from './own-handlers.ts';
import { kindOfProcess, type ProcessKind } from './process-kind.ts';
import { INSTALLED_BY, type Settings, settingsFrom } from './settings.ts';

/** One for each process, also of two copies of the package, and of a module that is loaded again (`bun --hot`). */
const KEY = Symbol.for('tidegate.auto');
const SIGNALS = ['SIGTERM', 'SIGINT'];
/** Of the time after Stopped, what a program's own handlers may take that do not say when they are done. */
const OWN_SHARE = 0.7;

/**
 * The lifecycle of this process: for a program that marks itself Ready (`TIDEGATE_READY=manual`), adds
 * steps, or listens to `leaving`. In a worker every use of it throws `not_main_thread`: post
 * `lifecycle.share()` to it.
 */
export const lifecycle: Lifecycle = await once();

function once(): Promise<Lifecycle> | Lifecycle {
  const kind = kindOfProcess();
  if (kind === 'worker' || kind === 'package manager') return standIn(kind);
  const installed = globalThis as { [KEY]?: Promise<Lifecycle> };
  installed[KEY] ??= install(kind);
  return installed[KEY];
}

async function install(kind: ProcessKind): Promise<Lifecycle> {
  const settings = settingsFrom(process.env);
  const lifecycle = Lifecycle.create({ backend: settings.backend });
  const { budgetMs, preDrainMs, preDrainProbes, drainTimeoutMs } = settings;
  lifecycle.pipeline({ steps: [], budgetMs, preDrainMs, preDrainProbes, drainTimeoutMs });
  let handle = (): void => {
    handle = () => {};
    handleAll(lifecycle, settings);
  };
  if (kind === 'service') handle();
  const { serveRoutes, adminToken, metricsToken, readyWhileDraining } = settings;
  await adoptAll(lifecycle, {
    routes: serveRoutes ? { adminToken, metricsToken, readyWhileDraining } : undefined,
    opening: () => handle(),
    listening: () => {
      if (settings.ready === 'listening') lifecycle.markReady();
    },
  });
  if (kind === 'service') {
    await probe(lifecycle, settings);
    process.env[INSTALLED_BY] = String(process.pid);
  }
  return lifecycle;
}

/** Signals, and the program's own handlers of them. */
function handleAll(lifecycle: Lifecycle, { crashes }: Settings): void {
  const own = new OwnHandlers(SIGNALS);
  const runOwn = (): Promise<void> => {
    const trigger = lifecycle.shutdownReport()?.trigger ?? null;
    return own.run(trigger, graceMs(lifecycle) * OWN_SHARE);
  };
  const undo = handleSignals(lifecycle, {
    signals: SIGNALS,
    crashes,
    finally: [{ name: "the program's own signal handlers", run: runOwn }],
  });
  own.keep();
  process.once('exit', (code) => {
    // A program that ends itself with 0 does not know that its drain has timed out.
    const report = lifecycle.shutdownReport();
    if (code === 0 && report !== null && !succeeded(report)) process.exitCode = 1;
  });
  void whenClustered(() => {
    own.giveBack();
    undo();
  });
}

/** A process that forks workers of `node:cluster` serves nothing: it must outlive them, as it knows best. */
async function whenClustered(then: () => void): Promise<void> {
  const { default: cluster } = await import('node:cluster');
  cluster.once?.('fork', then);
}

async function probe(lifecycle: Lifecycle, settings: Settings): Promise<void> {
  const { probePort: port, probeHostname, stuckAfterMs } = settings;
  if (port === undefined) return;
  const { adminToken, metricsToken, readyWhileDraining } = settings;
  try {
    await serveProbes({
      lifecycle,
      port,
      hostname: probeHostname,
      stuckAfterMs,
      adminToken,
      metricsToken,
      readyWhileDraining,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot start with tidegate/auto: no probes on TIDEGATE_PROBE_PORT: ${why}`, {
      cause,
    });
  }
}

/** Takes the place of the lifecycle where there is none. */
function standIn(kind: ProcessKind): Lifecycle {
  const refuse = (_: unknown, name: string | symbol): undefined => {
    // `await` and `console.log` ask for these.
    if (name === 'then' || typeof name === 'symbol') return undefined;
    const why = `this is a ${kind}; post lifecycle.share() to a worker that needs it`;
    throw new LifecycleError(
      'not_main_thread',
      `Cannot use the lifecycle of tidegate/auto: ${why}`,
    );
  };
  // Its class, so that nothing of it is missing; nobody gets to call any of it.
  const nothing = Object.create(Lifecycle.prototype) as Lifecycle;
  return new Proxy<Lifecycle>(nothing, { get: refuse });
}
