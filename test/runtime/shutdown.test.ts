/**
 * Ending a process that serves: real processes, sockets and signals, on every runtime. What the
 * shutdown does inside is the lifecycle's own suite.
 *
 * @module
 */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle, type Exit, Program, RUNTIMES, type Runtime } from './program.ts';
import type { ServiceOptions } from './service.ts';
import { client, type Tally } from './tally.ts';
import { once, type Reply, saysClose, Wire } from './wire.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const started: Program[] = [];

async function start(runtime: Runtime, options: ServiceOptions = {}): Promise<Program> {
  const program = await Program.start(runtime, options);
  started.push(program);
  return program;
}

/** Waits for what is in flight longer than any test: who waits for what is idle is found out. */
const PATIENT = { inFlightTimeoutMs: 60_000 };
/** Far more than an exit takes, and less than Node keeps an idle connection (5 s). */
const WAITS_MS = 4_000;
/** A step that ends when `/step-ends` is asked for. */
const UNTIL_TOLD = -3;

/** That nothing was waited for between the last step and the exit. How long it took is printed. */
function expectNoWait(program: Program, exit: Exit): void {
  const tookMs = exit.atMs - (program.all('step_end').at(-1)?.atMs ?? 0);
  console.log(`exit ${tookMs.toFixed(1)} ms after the last step`);
  expect(tookMs).toBeLessThan(WAITS_MS);
}

beforeAll(() => bundle());
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

describe.each(RUNTIMES)('on %s', (runtime) => {
  it.each([
    ['that ask without a pause', 0, () => 0],
    ['that ask without a pause, after a pre-drain', 150, () => 0],
    ['that pause', 0, () => Math.random() * 30],
  ])('SIGTERM loses no request of kept-alive clients %s', async (_, preDrainMs, pauseMs) => {
    const program = await start(runtime, { preDrainMs, steps: { flush_wal: 20 } });
    const tally: Tally = { answered: 0, lostKept: [], lostFresh: [], endedIdle: 0 };
    const clients = Array.from({ length: 12 }, () => client(program.port, pauseMs, tally));
    await sleep(400);
    while (tally.answered < 24) await sleep(5);
    program.signal('SIGTERM');
    await Promise.all(clients);
    const exit = await program.exit;
    console.log(
      `${runtime}: ${tally.answered} answered, ${tally.lostKept.length} lost on kept connections, ` +
        `${tally.lostFresh.length} on fresh ones ${tally.lostFresh[0] ?? ''}`,
    );
    expect(tally.lostKept).toEqual([]);
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(tally.lostFresh).toEqual([]);
  });

  it('20 shutdowns over HTTP, a SIGTERM and a SIGINT within 5 ms are one flush and one report', async () => {
    const program = await start(runtime, { steps: { flush_wal: 60, backup: 10 } });
    const wires = await Promise.all(Array.from({ length: 20 }, () => Wire.open(program.port)));
    for (const wire of wires) expect((await wire.request('/fast')).status).toBe(200);
    const replies = wires.map((wire) => wire.request('/admin/shutdown', { method: 'POST' }));
    program.signal('SIGTERM');
    program.signal('SIGINT');
    const bodies = (await Promise.all(replies)).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      ok: true,
      flushed_wal: true,
      drained: true,
    });
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.all('step').map(({ name }) => name)).toEqual(['flush_wal', 'backup']);
  });

  it('exits after the last step without waiting for kept-alive clients that are idle', async () => {
    const program = await start(runtime, { steps: { flush_wal: 10 }, serve: PATIENT });
    const wires = await Promise.all(Array.from({ length: 8 }, () => Wire.open(program.port)));
    for (const wire of wires) await wire.request('/fast');
    program.signal('SIGTERM');
    const exit = await program.exit;
    expect(exit).toMatchObject({ code: 0, signal: null });
    expectNoWait(program, exit);
  });

  it('a step that hangs ends with the budget: exit code 1, and the answer says timed_out', async () => {
    const budgetMs = 400;
    const program = await start(runtime, {
      budgetMs,
      steps: { flush_wal: 0, stuck: -1, after: 0 },
    });
    const askedAtMs = Date.now();
    const reply = await once(program.port, '/admin/shutdown', { method: 'POST' });
    expect(reply.status).toBe(500);
    const { steps } = JSON.parse(reply.body) as { steps: { status: string }[] };
    expect(steps.map(({ status }) => status)).toEqual(['ok', 'timed_out', 'ok']);
    const exit = await program.exit;
    expect(exit).toMatchObject({ code: 1, signal: null });
    // From before the acceptance: a slow machine can only make it longer. Whole milliseconds.
    expect(exit.atMs - askedAtMs).toBeGreaterThanOrEqual(budgetMs - 1);
  });

  it('a step that fails is exit code 1', async () => {
    const program = await start(runtime, { steps: { flush_wal: -2 } });
    program.signal('SIGTERM');
    expect(await program.exit).toMatchObject({ code: 1, signal: null });
  });

  it('a SIGINT more than 250 ms after a SIGTERM ends the process at once, with 130', async () => {
    const program = await start(runtime, { steps: { stuck: -1 } });
    program.signal('SIGTERM');
    await program.heard('step');
    await program.insist('SIGINT');
    expect(await program.exit).toMatchObject({ code: 130, signal: null });
  });

  it('a second SIGINT within 250 ms is the same request', async () => {
    const program = await start(runtime, { steps: { flush_wal: 400 } });
    program.signal('SIGINT');
    await program.heard('step');
    program.signal('SIGINT');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.all('step_end')).toHaveLength(1);
  });

  it('exits also when the shutdown was asked for over HTTP alone', async () => {
    const program = await start(runtime);
    const reply = await once(program.port, '/admin/shutdown', { method: 'POST' });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toMatchObject({ trigger: 'http' });
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });

  it('waits for an application that began the shutdown itself', async () => {
    const program = await start(runtime);
    await once(program.port, '/begin?ms=300');
    program.signal('SIGTERM');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.all('finish')).toHaveLength(1);
    expect(program.all('step')).toHaveLength(0);
  });

  it('sockets that never sent a byte do not hold up the exit', async () => {
    const program = await start(runtime, { serve: PATIENT });
    const silent = await Promise.all(Array.from({ length: 5 }, () => Wire.open(program.port)));
    await sleep(100);
    program.signal('SIGTERM');
    const exit = await program.exit;
    expect(exit).toMatchObject({ code: 0, signal: null });
    // Bun listens with TCP_DEFER_ACCEPT: silent sockets never reach it, nor its end them.
    if (runtime !== 'bun') await Promise.all(silent.map(({ closed }) => closed));
    for (const { socket } of silent) socket.destroy();
    expectNoWait(program, exit);
  });

  it('a slow response in flight finishes after Stopped, and says that the connection ends', async () => {
    const program = await start(runtime);
    const [slow, drip] = await Promise.all([Wire.open(program.port), Wire.open(program.port)]);
    const replies = [slow.request('/late?ms=100'), drip.request('/drip?chunks=6&ms=100')];
    await program.heard('late_begins');
    program.signal('SIGTERM');
    const [late, dripped] = (await Promise.all(replies)) as [Reply, Reply];
    expect(late).toMatchObject({ status: 200, body: 'late' });
    expect(saysClose(late)).toBe(true);
    expect(dripped.body).toHaveLength(6000);
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    const order = program.events.map(({ event }) => event);
    expect(order.indexOf('stopped')).toBeLessThan(order.indexOf('late_ends'));
    expect(order.indexOf('late_ends')).toBeLessThan(order.indexOf('closed'));
  });

  it('a request that comes on a kept-alive connection after Stopped is answered', async () => {
    const program = await start(runtime, { serve: { lingerMs: 1000 } });
    const wire = await Wire.open(program.port);
    await wire.request('/fast');
    program.signal('SIGTERM');
    await program.heard('stopped');
    const reply = await wire.request('/fast');
    expect(reply.body).toBe('fast');
    expect(saysClose(reply)).toBe(true);
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });

  it('a request that comes while the loop is blocked at Stopped is answered', async () => {
    const program = await start(runtime, { blockAtStoppedMs: 300 });
    const kept = await Wire.open(program.port);
    await kept.request('/fast');
    program.signal('SIGTERM');
    await program.heard('stopped');
    expect((await kept.request('/fast')).body).toBe('fast');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });

  it('a large response that the client reads late arrives whole', async () => {
    const program = await start(runtime);
    const wire = await Wire.open(program.port);
    wire.send('/big?ms=30');
    await new Promise((resolve) => wire.socket.once('data', resolve));
    wire.socket.pause();
    program.signal('SIGTERM');
    await program.heard('stopped');
    await sleep(500);
    expect(program.isOver).toBe(false);
    wire.socket.resume();
    expect((await wire.read()).body).toHaveLength(30_000_000);
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });

  it('the answer to a shutdown arrives even if the server is not in servers', async () => {
    const program = await start(runtime, { isUnlisted: true });
    const reply = await once(program.port, '/admin/shutdown', { method: 'POST' });
    expect(reply.status).toBe(200);
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });

  it('a response that never ends is cut after inFlightTimeoutMs', async () => {
    const program = await start(runtime, { serve: { inFlightTimeoutMs: 200 } });
    const wire = await Wire.open(program.port);
    wire.send('/drip?chunks=100000&ms=20');
    await sleep(100);
    program.signal('SIGTERM');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    await wire.closed;
  });

  it('half a request does not hold up the exit', async () => {
    const program = await start(runtime);
    const wire = await Wire.open(program.port);
    wire.write('GET /fast HTTP/1.1\r\nhost: 127');
    await sleep(50);
    program.signal('SIGTERM');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    await wire.closed;
  });

  it('answers until Stopped, and says from the acceptance on that connections end', async () => {
    const program = await start(runtime, { preDrainMs: 200, steps: { flush_wal: UNTIL_TOLD } });
    const before = await once(program.port, '/fast');
    expect(saysClose(before)).toBe(false);
    program.signal('SIGTERM');
    await program.heard('accepted');
    const preDrain = await once(program.port, '/redirect');
    expect(saysClose(preDrain)).toBe(true);
    await program.heard('step');
    for (const target of ['/fast', '/nothing', '/throw', '/cookies']) {
      expect(saysClose(await once(program.port, target)), target).toBe(true);
    }
    const again = once(program.port, '/admin/shutdown', { method: 'POST' });
    expect(saysClose(await once(program.port, '/step-ends'))).toBe(true);
    expect(JSON.parse((await again).body)).toMatchObject({ trigger: 'SIGTERM' });
    await program.exit;
  });

  it('with exit: false the process is left to the application', async () => {
    const program = await start(runtime, { signals: { exit: false }, steps: { stuck: -2 } });
    program.signal('SIGTERM');
    await program.heard('closed');
    // Nothing is left to do, so it ends by itself; the failed step is the application's to report.
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });
});
