/**
 * From Stopped to the end of the process: what is closed, in which order, for how long at most, and
 * what is said about it. Real processes, sockets and signals.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connect2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandOf, type Program, RUNTIMES, type Runtime } from '../runtime/program.ts';
import { client as asking, type Tally } from '../runtime/tally.ts';
import { once as ask, saysClose, Wire } from '../runtime/wire.ts';
import type { EndOptions } from './service.ts';
import { bundleAll, client, ended, killAfterEach, names, SERVICE, sleep, start } from './start.ts';

beforeAll(bundleAll);
killAfterEach();

/** A budget that leaves the waits after Stopped their least, which is 2 s. */
const SHORT = { budgetMs: 1_000 };

/** The certificate is one that nobody trusts. */
const UNTRUSTED = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };

/** Where an event came among all of them. */
function order(program: Program, ...wanted: [event: string, name?: string][]): number[] {
  return wanted.map(([event, name]) =>
    program.events.findIndex(
      (each) => each.event === event && (name === undefined || each.name === name),
    ),
  );
}

const ascending = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);

describe.each(RUNTIMES)('on %s', (runtime) => {
  describe('what does not close (E3)', () => {
    it.each([
      ['a promise that never settles', 'never'],
      ['a callback that never comes', 'callback never'],
    ] as const)('%s ends with the limit, exit code 1, and is named', async (_, closes) => {
      const { program, exit } = await ended(runtime, { ...SHORT, servers: [{ closes }] });
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr).toMatch(/servers\[0\] did not close in time/);
    });

    it('costs those behind it not their turn', async () => {
      const { program, exit } = await ended(runtime, {
        ...SHORT,
        servers: [{ closes: 'never' }, { closes: 'by callback' }, { closes: 'throws' }],
        finally: [{ name: 'traces', sleepMs: 20 }],
      });
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(program.all('called_back')).toHaveLength(1);
      expect(names(program, 'finally_end')).toEqual(['traces']);
      expect(program.stderr).toMatch(/servers\[0\] did not close in time/);
      expect(program.stderr).toMatch(/Closing servers\[2\] failed[\s\S]*a close threw/);
      expect(program.stderr).not.toMatch(/servers\[1\]/);
    });

    it('goes to log, if there is one', async () => {
      const { program, exit } = await ended(runtime, {
        ...SHORT,
        servers: [{ closes: 'never' }],
        finally: [
          { name: 'slow', sleepMs: 60_000, timeoutMs: 30 },
          { name: 'broken', fails: true },
        ],
        log: 'events',
      });
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(program.all('log').map(({ type, name }) => [type, name])).toEqual([
        ['close_timed_out', 'servers[0]'],
        ['finally_timed_out', 'slow'],
        ['finally_failed', 'broken'],
      ]);
      expect(program.stderr).toBe('');
    });

    it('with log: false nothing is said', async () => {
      const { program, exit } = await ended(runtime, {
        ...SHORT,
        finally: [{ name: 'broken', fails: true }],
        log: false,
      });
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr).toBe('');
    });

    it('with exit: false nothing is done after Stopped', async () => {
      const { program, exit } = await ended(runtime, {
        ...SHORT,
        signals: { exit: false },
        servers: [{ closes: 'throws' }],
        finally: [{ name: 'traces' }],
      });
      expect(exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'finally')).toEqual([]);
      expect(program.stderr).toBe('');
    });

    it.each([
      ['', true],
      [', though its server was closed with the others', 'in servers'],
    ] as const)(
      'a finally that blocks the loop is killed by the probe thread%s',
      async (_, probes) => {
        const { program, exit } = await ended(runtime, {
          ...SHORT,
          finally: [{ name: 'blocked', blockMs: 600_000 }],
          probes,
        });
        expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' });
        expect(program.stderr).toMatch(/did not end in time after the shutdown: SIGKILL/);
      },
    );

    it('so does a step that blocks the loop for good, silently with log: false', async () => {
      const { program, exit } = await ended(runtime, {
        ...SHORT,
        steps: [{ name: 'blocked', blockMs: 600_000 }],
        probes: true,
        log: false,
      });
      expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(program.stderr).toBe('');
    });

    it('with exit: false nobody kills after Stopped', async () => {
      const program = await start(runtime, {
        ...SHORT,
        signals: { exit: false },
        server: 'http',
        probes: true,
      });
      program.signal('SIGTERM');
      await sleep(5_000);
      expect(program.all('phase').at(-1)).toMatchObject({ to: 4 });
      // Whatever it does then, nobody has killed it.
      await program.kill();
      expect(program.stderr).not.toContain('SIGKILL');
    });
  });

  describe('servers of Node in servers are adopted (E4)', () => {
    const HTTP: EndOptions = { server: 'http' };

    it('a request in flight ends, says that its connection ends, and costs no exit code', async () => {
      const program = await start(runtime, HTTP);
      const wire = await Wire.open(program.port);
      const reply = wire.request('/slow');
      await program.heard('slow_begins');
      program.signal('SIGTERM');
      const { body, ...heads } = await reply;
      expect(body).toBe('slow');
      // Its head was written after the acceptance, by a listener that says keep-alive.
      expect(saysClose({ body, ...heads })).toBe(true);
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(program.stderr).toBe('');
    });

    it('a request on a kept-alive connection after the acceptance is answered', async () => {
      const program = await start(runtime, { ...HTTP, steps: [{ name: 'wait', sleepMs: 400 }] });
      const wire = await Wire.open(program.port);
      expect(saysClose(await wire.request('/fast'))).toBe(false);
      program.signal('SIGTERM');
      await program.heard('step');
      const reply = await wire.request('/fast');
      // By the gate, which is closed to queries while the steps run.
      expect([reply.status, JSON.parse(reply.body)]).toMatchObject([503, { ok: false }]);
      expect(saysClose(reply)).toBe(true);
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
    });

    it('no request of kept-alive clients is lost', async () => {
      const program = await start(runtime, {
        ...HTTP,
        steps: [{ name: 'flush_wal', sleepMs: 20 }],
      });
      const tally: Tally = { answered: 0, lostKept: [], lostFresh: [], endedIdle: 0 };
      const clients = Array.from({ length: 8 }, () =>
        asking(program.port, () => Math.random() * 10, tally, true),
      );
      while (tally.answered < 80) await sleep(5);
      program.signal('SIGTERM');
      await Promise.all(clients);
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(tally.lostKept).toEqual([]);
      // Bun's node:http resets fresh connections that have not asked yet when it closes.
      if (runtime !== 'bun') expect(tally.lostFresh).toEqual([]);
      console.log(
        `${runtime}: ${tally.answered} answered, ${tally.lostFresh.length} lost on fresh`,
      );
    });

    it('an idle connection, a silent one, and half a request do not hold it up', async () => {
      const program = await start(runtime, HTTP);
      const idle = await Wire.open(program.port);
      await idle.request('/fast');
      const sockets = await Promise.all([
        client(program.port),
        client(program.port, 'GET /fast HTTP/1.1\r\nhost: 127'),
      ]);
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      for (const socket of [...sockets, idle.socket]) socket.destroy();
      expect(program.stderr).toBe('');
    });

    it.each([
      'never listening',
      'closed',
      'closed twice',
      'adopted twice',
      'closed with its signal',
      'of another close',
    ] as const)('one that is %s', async (serverIs) => {
      const { program, exit } = await ended(runtime, { ...HTTP, serverIs });
      expect(exit).toMatchObject({ code: 0, signal: null });
      expect(program.stderr).toBe('');
      for (const { isSame } of program.all('adopted')) expect(isSame).toBe(true);
    });

    it('closed by the application with its signal, a request in flight ends, and then it hears of it', async () => {
      const program = await start(runtime, { ...HTTP, serverIs: 'closed with its signal' });
      const reply = ask(program.port, '/slow');
      await program.heard('slow_begins');
      program.signal('SIGTERM');
      expect((await reply).body).toBe('slow');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      const [ends, back] = order(program, ['slow_ends'], ['called_back']);
      expect([ends, back]).toEqual(ascending([ends as number, back as number]));
      expect(ends).toBeGreaterThan(-1);
    });

    // On Deno it is no crash: its server of node:http hears of it, and says nothing.
    it('a request whose listener throws is answered, and costs a shutdown nothing', async () => {
      const program = await start(runtime, { ...HTTP, signals: { crashes: runtime !== 'deno' } });
      expect((await ask(program.port, '/throws')).status).toBe(500);
      if (runtime === 'deno') program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: runtime === 'deno' ? 0 : 1, signal: null });
      expect(names(program, 'step_end')).toEqual(['flush_wal']);
      expect(program.stderr).not.toMatch(/drain timed out/);
    });

    it('a WebSocket is cut when its time is up', async () => {
      const program = await start(runtime, HTTP);
      const upgrade = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
      const socket = await client(program.port, upgrade);
      const closed = once(socket, 'close');
      await program.heard('upgraded');
      socket.resume();
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      await closed;
      expect(program.stderr).toBe('');
    });

    it('a response without an end is cut after inFlightTimeoutMs', async () => {
      const program = await start(runtime, {
        ...HTTP,
        inFlightTimeoutMs: 200,
        drainTimeoutMs: 200,
      });
      const socket = await client(program.port, 'GET /stream HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(socket, 'data');
      socket.resume();
      program.signal('SIGTERM');
      // It is a query that did not end in time; but its close did.
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr.trim()).toBe('tidegate: the drain timed out, in progress: 1 × query');
    });

    it('without one it is cut at the limit, and named', async () => {
      const program = await start(runtime, { ...HTTP, ...SHORT });
      const socket = await client(program.port, 'GET /stream HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(socket, 'data');
      socket.resume();
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr).toMatch(/http:\/\/127\.0\.0\.1:\d+ did not close in time/);
    });

    it.each([
      ['http2', 'http'],
      ['http2 over TLS', 'https'],
    ] as const)(
      '%s: a stream in flight ends, and an open session is closed',
      async (server, scheme) => {
        const program = await start(runtime, { server });
        const url = `${scheme}://127.0.0.1:${program.port}`;
        const session = connect2(url, { rejectUnauthorized: false });
        session.on('error', () => {});
        const closed = once(session, 'close');
        const stream = session.request({ ':path': '/slow' });
        let body = '';
        stream.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        const over = once(stream, 'end');
        await program.heard('slow_begins');
        program.signal('SIGTERM');
        await over;
        expect(body).toBe('slow');
        expect(await program.exit).toMatchObject({ code: 0, signal: null });
        await closed;
        expect(program.stderr).toBe('');
      },
    );

    it.each([['https'], ['http2 over TLS']] as const)(
      '%s: HTTP/1 in flight ends; a connection without a handshake does not hold it up',
      async (server) => {
        const program = await start(runtime, { server });
        const silent = await client(program.port);
        const socket = connectTls({ port: program.port, host: '127.0.0.1', ...UNTRUSTED });
        socket.on('error', () => {});
        socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
        let text = '';
        socket.setEncoding('latin1').on('data', (part: string) => {
          text += part;
        });
        const closed = once(socket, 'close');
        await program.heard('slow_begins');
        program.signal('SIGTERM');
        await closed;
        expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*slow/i);
        expect(await program.exit).toMatchObject({ code: 0, signal: null });
        silent.destroy();
        expect(program.stderr).toBe('');
      },
    );

    it('a bare net.Server: no more is accepted, and its sockets are cut', async () => {
      const program = await start(runtime, { server: 'net' });
      const socket = await client(program.port, 'echo');
      const closed = once(socket, 'close');
      await once(socket, 'data');
      socket.resume();
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      await closed;
      expect(program.stderr).toBe('');
    });
  });

  describe('the order (E5)', () => {
    it('is servers with what is in flight, what else closes, finally, one after the other', async () => {
      const program = await start(runtime, {
        servers: [
          { closes: 'by callback' },
          { closes: 'async with a flag' },
          { closes: 'at once' },
        ],
        finally: [{ name: 'traces', sleepMs: 50 }, { name: 'pool' }],
      });
      const reply = ask(program.port, '/slow');
      await program.heard('slow_begins');
      program.signal('SIGTERM');
      expect((await reply).body).toBe('slow');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      const seen = order(
        program,
        ['slow_ends'],
        ['closed'],
        ['called_back'],
        ['closed_async'],
        ['closed_at_once'],
        ['finally', 'traces'],
        ['finally_end', 'traces'],
        ['finally', 'pool'],
      );
      expect(seen).not.toContain(-1);
      expect(seen).toEqual(ascending(seen));
      // What is no callback gets none: to srvx anything there means "at once".
      expect(program.all('closed_async')[0]).not.toHaveProperty('isForced');
      expect(program.stderr).toBe('');
    });
  });

  it('two calls of handleSignals: the process ends when the later one is done', async () => {
    const { program, exit } = await ended(runtime, {
      finally: [{ name: 'quick' }],
      alsoFinally: [{ name: 'slow', sleepMs: 300 }, { name: 'last' }],
    });
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(names(program, 'finally_end')).toEqual(['quick', 'slow', 'last']);
  });

  it('a signal to a process that has detached from its lifecycle ends it, with 1', async () => {
    const { program, exit } = await ended(runtime, {
      detaches: true,
      server: 'http',
      finally: [{ name: 'traces' }],
    });
    expect(exit).toMatchObject({ code: 1, signal: null });
    expect(names(program, 'finally_end')).toEqual(['traces']);
  });

  describe('closing our own server from a step (E7)', () => {
    const CLOSES: EndOptions = {
      steps: [{ name: 'close', closesServer: true }, { name: 'flush_wal' }],
      budgetMs: 30_000,
    };

    it('does not wait for the answer to the shutdown itself', async () => {
      const program = await start(runtime, CLOSES);
      const { status, body } = await ask(program.port, '/admin/shutdown', { method: 'POST' });
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ ok: true, flushed_wal: true });
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['close', 'flush_wal']);
    });

    it('nor for an event stream; the server accepts no more', async () => {
      const program = await start(runtime, {
        ...CLOSES,
        steps: [...(CLOSES.steps ?? []), { name: 'last', sleepMs: 300 }],
        inFlightTimeoutMs: 100,
      });
      const stream = await client(
        program.port,
        'GET /events HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n\r\n',
      );
      await once(stream, 'data');
      stream.resume();
      program.signal('SIGTERM');
      while (!names(program, 'step').includes('flush_wal')) await sleep(5);
      await expect(client(program.port)).rejects.toThrow();
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['close', 'flush_wal', 'last']);
    });

    it.each([['http'], ['https'], ['http2']] as const)(
      'the close() of a server of %s likewise, for whoever waits for its callback',
      async (server) => {
        const program = await start(runtime, {
          budgetMs: 30_000,
          server,
          steps: [{ name: 'close', closesServer: 'natively' }, { name: 'flush_wal' }],
          inFlightTimeoutMs: 100,
        });
        const silent = await client(program.port);
        program.signal('SIGTERM');
        expect(await program.exit).toMatchObject({ code: 0, signal: null });
        expect(names(program, 'step_end')).toEqual(['close', 'flush_wal']);
        silent.destroy();
      },
    );

    it('an adopted one likewise', async () => {
      const program = await start(runtime, {
        ...CLOSES,
        server: 'http',
        inFlightTimeoutMs: 100,
      });
      const stream = await client(
        program.port,
        'GET /events HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n\r\n',
      );
      await once(stream, 'data');
      stream.resume();
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['close', 'flush_wal']);
    });
  });

  describe('stdout (E11)', () => {
    const LINES = 4_000;
    const WRITES: EndOptions = { steps: [{ name: 'last', lines: LINES }], isQuiet: true };

    /** Starts it with a reader that reads nothing until it is told to. */
    async function unread(options: EndOptions): Promise<{
      read(): Promise<string>;
      exit: Promise<number | null>;
      stderr(): string;
    }> {
      const child = spawnService(runtime, options);
      let [text, errors] = ['', ''];
      child.stdout.setEncoding('utf8');
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        errors += part;
      });
      while (!text.includes('"listening"')) {
        await once(child.stdout, 'readable');
        text += child.stdout.read() ?? '';
      }
      const pid = Number(/"pid":(\d+)/.exec(text)?.[1]);
      process.kill(pid, 'SIGTERM');
      return {
        exit: new Promise((resolve) => child.once('exit', resolve)),
        stderr: () => errors,
        async read() {
          child.stdout.on('data', (part: string) => {
            text += part;
          });
          await once(child.stdout, 'close');
          return text;
        },
      };
    }

    it('is written out to a reader that is slow', async () => {
      const service = await unread(WRITES);
      await sleep(700);
      const text = await service.read();
      expect(text.split('\n').filter((line) => line.startsWith('xxx'))).toHaveLength(LINES);
      expect(await service.exit).toBe(0);
    });

    // Deno blocks the thread that writes to a full pipe: nothing of ours can run there but the probe
    // thread, which kills. It is lifted when Deno's process.stdout waits without blocking.
    it('but with a limit', async () => {
      const isBlocked = runtime === 'deno';
      const service = await unread({ ...WRITES, ...SHORT, probes: isBlocked });
      expect(await service.exit).toBe(isBlocked ? null : 1);
      expect(service.stderr()).toMatch(
        isBlocked ? /did not end within its budget/ : /stdout was not written out in time/,
      );
    });
  });
});

function spawnService(
  runtime: Runtime,
  options: EndOptions,
): ReturnType<typeof spawn> & {
  stdout: NodeJS.ReadableStream & { read(): string | null };
  stderr: NodeJS.ReadableStream;
} {
  const [command, args] = commandOf(runtime, SERVICE);
  const env = { ...process.env, NO_COLOR: '1', SERVICE: JSON.stringify(options) };
  // With these pipes both streams are there.
  return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }) as never;
}
