/**
 * What a program does with each published path, so that it is seen to work: path to a function from
 * its module to a line of text. Plain JavaScript, which every runtime runs from the tarball alone.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';

/** A whole life on the default backend, and the phase at its end. */
async function live({ Lifecycle, Phase, phaseName }) {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const written = lifecycle.gate.run('write', () => 'written');
  const { drained } = await lifecycle.shutdown();
  const ended = lifecycle.phase() === Phase.Stopped;
  return `${lifecycle.backend} ${written} ${drained} ${ended} ${phaseName(lifecycle.phase())}`;
}

/** A server and a probe thread, each asked over a socket, until the lifecycle ends. */
async function open({ serve, serveProbes, handleSignals }) {
  const { Lifecycle } = await import('tidegate');
  const { createHandler } = await import('tidegate/http');
  const lifecycle = Lifecycle.create();
  const server = await serve({ lifecycle, fetch: createHandler(lifecycle), hostname: '127.0.0.1' });
  const undo = handleSignals(lifecycle, { servers: [server], exit: false });
  const probes = await serveProbes({ lifecycle });
  lifecycle.markReady();
  const ready = await (await fetch(`${server.url}/health/ready`)).json();
  const live = await (await fetch(`${probes.url}/health/live`)).json();
  const members = lifecycle.snapshot().members.length;
  await lifecycle.shutdown();
  await server.closed;
  await probes.close();
  undo();
  return `${ready.status} ${live.status} ${live.loop} ${members} threads`;
}

/** The core as an application loads it by hand. */
async function compile(url) {
  const module = new WebAssembly.Module(await readFile(new URL(url)));
  const [{ module: from, name, kind }] = WebAssembly.Module.imports(module);
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.create(1, 127, 32, 8, 32);
  return `${from}.${name} ${kind} ${exports.phase()}`;
}

/** A meter and a tracer that count, which is all that the API asks of one. */
async function observe({ instrument }) {
  const { Lifecycle } = await import('tidegate');
  let gauges = 0;
  let counters = 0;
  let spans = 0;
  const meter = {
    createObservableGauge: () => ++gauges,
    createObservableCounter: () => ++counters,
    addBatchObservableCallback() {},
    removeBatchObservableCallback() {},
  };
  const { trace } = await import('@opentelemetry/api');
  const none = trace.getTracer('none');
  const tracer = {
    startSpan(...span) {
      spans += 1;
      return none.startSpan(...span);
    },
  };
  const lifecycle = Lifecycle.create();
  const undo = instrument(lifecycle, { meter, tracer });
  lifecycle.markReady();
  await lifecycle.shutdown();
  undo();
  return `${gauges} gauges, ${counters} counters, ${spans} spans`;
}

/** The fleet's object on a plain map, drained by a client; on the platform it is run in test/edge. */
async function lead({ FleetClient, LifecycleObject }) {
  const entries = new Map();
  const object = new LifecycleObject({
    storage: {
      get: async (key) => entries.get(key),
      put: async (changed) => {
        for (const [key, value] of Object.entries(changed)) entries.set(key, value);
      },
    },
    blockConcurrencyWhile: (callback) => callback(),
  });
  const stub = { fetch: (url, init) => object.fetch(new Request(url, init)) };
  const client = new FleetClient({ idFromName: (name) => name, get: () => stub });
  const refused = await client.drain().catch(({ code }) => code);
  await client.poll({ deployment: 'one', made_at_ms: null, cache_age_ms: 1_000 });
  const { phase, settles_in_ms } = await client.drain();
  // Milliseconds pass between the drain and what is said of it.
  return `${refused} ${phase} ${Math.ceil(settles_in_ms / 1_000) * 1_000}`;
}

/** A lease and a fleet that are kept in a folder, from the first holder to the end of the shutdown. */
async function leased({ Fleet, fileStore, lease }) {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { Lifecycle } = await import('tidegate');
  const folder = await mkdtemp(`${tmpdir()}/tidegate-uses-`);
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const store = fileStore(folder);
  const fleet = new Fleet({ store, deployment: 'one' });
  await fleet.follow(lifecycle);
  const held = await lease(lifecycle, { store, name: 'writer' });
  const before = `${held.state} ${held.token}`;
  const { phase, changed } = await fleet.drain();
  await lifecycle.shutdown();
  await rm(folder, { recursive: true });
  return `${before} ${held.state}, ${phase} ${changed}`;
}

/** A server that is adopted by being opened, and a lifecycle that is the one there is. */
async function adopt({ lifecycle }) {
  const { createServer } = await import('node:http');
  const server = createServer((_, res) => res.end('mine')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const status = lifecycle.phase() === 1 ? 'ready' : 'not ready';
  const text = await (await fetch(url)).text();
  lifecycle.gate.hold('read_only');
  const refused = await fetch(url, { method: 'POST' });
  await refused.text();
  const again = await import('tidegate/auto');
  const once = again.lifecycle === lifecycle ? 'once' : 'twice';
  server.closeAllConnections();
  server.close();
  return `${status} ${text} ${refused.status} ${once}`;
}

/** Two components, one over the other, for a whole life; and what cannot be composed. */
async function assemble({ compose }) {
  const { Lifecycle } = await import('tidegate');
  const lifecycle = Lifecycle.create();
  const stopped = [];
  const values = await compose(lifecycle, {
    b: {
      needs: ['a'],
      start: ({ a }) => `b over ${a}`,
      stop: () => stopped.push('-b'),
    },
    a: { start: async () => 'a', stop: () => stopped.push('-a') },
  });
  await lifecycle.shutdown();
  const circle = { a: { needs: ['b'] }, b: { needs: ['a'] } };
  const code = await compose(Lifecycle.create(), circle).catch((error) => error.code);
  return `${values.b}, ${stopped.join(' ')}, ${code}`;
}

/** By path: what it does with the module, or with the file if it is none. */
export const uses = {
  tidegate: live,
  'tidegate/auto': adopt,
  'tidegate/browser': live,
  'tidegate/cloudflare': lead,
  'tidegate/compose': assemble,
  'tidegate/fleet': leased,
  'tidegate/opentelemetry': observe,
  'tidegate/atomics': async ({ useAtomics }) => {
    const { Lifecycle } = await import('tidegate/browser');
    let code;
    try {
      Lifecycle.create({ backend: 'atomics' });
    } catch (error) {
      code = error.code;
    }
    useAtomics();
    return `${code} ${Lifecycle.create({ backend: 'atomics' }).backend}`;
  },
  'tidegate/http': async ({ createHandler }) => {
    const { Lifecycle } = await import('tidegate');
    const handler = createHandler(Lifecycle.create());
    const { status } = await handler(new Request('http://localhost/health/startup'));
    return `${status} ${await handler(new Request('http://localhost/mine'))}`;
  },
  'tidegate/bench': async ({ calls }) => {
    const phase = calls.find(({ name }) => name === 'phase');
    phase.make('wasm')();
    return `${phase.name} ${phase.variants.includes('atomics')}`;
  },
  'tidegate/node': open,
  'tidegate/deno': open,
  'tidegate/bun': open,
};

/** What is read and not imported. */
export const reads = {
  'tidegate/core.wasm': compile,
  'tidegate/package.json': async (url) => JSON.parse(await readFile(new URL(url), 'utf8')).name,
};
