/**
 * The part that the services of this folder share: routes by which a test leads a lifecycle through its
 * life, and the probe thread that is scraped meanwhile. It knows no command.
 *
 * @module
 */

import type { Handler } from '../../src/http/index.ts';
import type { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** What a service is made of. */
export interface Led {
  readonly lifecycle: Lifecycle;
  /** What the test asks for, by path. */
  readonly commands: Readonly<Record<string, () => unknown>>;
  /** Answers all other paths. */
  readonly handler: Handler;
  /** Of the probe thread. */
  readonly probes?: { readonly port: number; readonly stuckAfterMs: number };
  /** Of `handleSignals()`. */
  readonly signals?: { readonly log: false; readonly record: string };
}

/** Serves until the process ends, and tells the parent where. */
export async function led({ lifecycle, commands, handler, ...more }: Led): Promise<void> {
  const server = await door.serve({
    lifecycle,
    hostname: '127.0.0.1',
    // The test leads it in every phase.
    kindOf: () => null,
    fetch(request) {
      const command = commands[new URL(request.url).pathname];
      if (command === undefined) return handler(request);
      command();
      return new Response(null, { status: 204 });
    },
  });
  const probes = await door.serveProbes({ lifecycle, ...more.probes });
  // The process outlives Stopped until the test has seen it scraped, however long that takes.
  setInterval(() => {}, 60_000);
  door.handleSignals(lifecycle, { exit: false, ...more.signals });
  say('listening', { runtime, pid: process.pid, port: server.port, probes: probes.port });
}
