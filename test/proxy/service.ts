/**
 * A service behind a load balancer, the same source on Node, Deno and Bun. It answers a write once
 * it has it in memory, and puts it on the disk in the shutdown: an acknowledged write that came too
 * late for the flush, or was cut off from it, is missing from the journal.
 *
 * @module
 */

import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { GateClosedError, Lifecycle, Phase } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** How the parent configures it, as JSON in `SERVICE`. */
export interface ServiceOptions {
  readonly port: number;
  /** The file of the writes. */
  readonly journal: string;
  readonly preDrainMs: number;
  readonly preDrainProbes?: number;
}

/** What the service says of its shutdown when it is Stopped. */
export interface Stopped {
  readonly drained: boolean;
  readonly flushed: boolean;
  /** Milliseconds from the acceptance to Draining. */
  readonly preDrainedMs: number;
}

/** What it says when its server is closed: what was under way when the shutdown was accepted. */
export interface Survivors {
  uploads: number;
  /** Responses that were still being sent when the shutdown was accepted, and ended after it. */
  responses: number;
}

const options = JSON.parse(process.env.SERVICE ?? '{}') as ServiceOptions;

const lifecycle = Lifecycle.create();
let rows: string[] = [];
const survivors: Survivors = { uploads: 0, responses: 0 };

lifecycle.pipeline({
  preDrainMs: options.preDrainMs,
  preDrainProbes: options.preDrainProbes,
  steps: [
    {
      name: 'flush_wal',
      run() {
        appendFileSync(options.journal, rows.join(''));
        rows = [];
      },
    },
  ],
});
lifecycle.onTransition(({ to }) => {
  const report = to === Phase.Stopped ? lifecycle.shutdownReport() : null;
  if (report === null) return;
  const { drained, flushedWal: flushed, startedAtMs } = report;
  const preDrainedMs = (lifecycle.drainingAtMs() ?? Number.NaN) - startedAtMs;
  say('stopped', { drained, flushed, preDrainedMs } satisfies Stopped);
});

const health = createHandler(lifecycle);

async function route(request: Request): Promise<Response | undefined> {
  const { pathname, searchParams } = new URL(request.url);
  const [, room, name = ''] = pathname.split('/');
  if (room === 'entries' && request.method === 'PUT') {
    // The permit comes before the body: an upload that has begun is a write under way.
    const length = await lifecycle.gate.run('write', async () => {
      const beganBefore = !lifecycle.shutdownRequested();
      const body = await request.text();
      if (beganBefore && lifecycle.shutdownRequested()) survivors.uploads += 1;
      rows.push(`${name} ${body.length}\n`);
      return body.length;
    });
    return new Response(`${name} ${length}`, { status: 201 });
  }
  if (room === 'entries') return lifecycle.gate.run('query', () => new Response(name));
  if (room === 'large') {
    const chunks = Number(searchParams.get('chunks'));
    return lifecycle.gate.run('query', () => new Response(large(chunks)));
  }
  return health(request);
}

/** So many pieces of 64 KiB, each made when the last was taken. */
function large(chunks: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (sent === chunks) {
          // The shutdown waits for it: it is counted.
          if (lifecycle.shutdownRequested()) survivors.responses += 1;
          return controller.close();
        }
        sent += 1;
        // No hexadecimal digit, so that a client can count them in any transfer coding.
        controller.enqueue(new Uint8Array(65_536).fill('x'.charCodeAt(0)));
      },
    },
    { highWaterMark: 0 },
  );
}

const server = await door.serve({
  lifecycle,
  port: options.port,
  hostname: '127.0.0.1',
  async fetch(request) {
    try {
      return await route(request);
    } catch (error) {
      if (!(error instanceof GateClosedError)) throw error;
      return new Response(error.message, { status: 503 });
    }
  },
});
door.handleSignals(lifecycle);
// After the listener that accepts: whoever reads this line finds the process in its pre-drain.
process.on('SIGTERM', () => say('accepted'));
server.closed.then(() => say('closed', survivors));
lifecycle.markReady();
say('listening', { runtime, pid: process.pid, port: server.port });
