/**
 * What the runs with faults are made of: a resource that tells what is broken, a recorder whose history
 * of a store that lies is refused, and wires that do what is asked of them.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { fileStore, type Store, type StoreEntry } from '../../../src/fleet.ts';
import { judgeHistory } from './judge.ts';
import { readHistory, recorded } from './recorder.ts';
import { Resource } from './resource.ts';
import { Wire } from './wire.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** A connection to a port, and what one line is answered with. */
function lines(port: number): { socket: Socket; ask: (line: string) => Promise<string> } {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  undos.push(() => socket.destroy());
  const heard = createInterface({ input: socket });
  heard.on('error', () => {});
  const ask = (line: string): Promise<string> => {
    socket.write(`${line}\n`);
    return new Promise((resolve) => heard.once('line', resolve));
  };
  return { socket, ask };
}

describe('the resource', () => {
  async function started(): Promise<Resource> {
    const resource = await Resource.start();
    undos.push(() => resource.close());
    return resource;
  }

  it('refuses a token that is lower than one it has accepted', async () => {
    const resource = await started();
    const [old, young] = [lines(resource.port), lines(resource.port)];
    expect(await old.ask('open one 1')).toBe('value 0');
    expect(await old.ask('write 1 1')).toBe('written');
    expect(await young.ask('open two 2')).toBe('value 1');
    expect(await old.ask('write 1 2')).toBe('old');
    expect(await old.ask('open one 1')).toBe('old');
    expect(await young.ask('write 2 2')).toBe('written');
    expect(resource).toMatchObject({ accepted: 2, refused: 2, highest: 2, broken: [] });
  });

  it('tells of a token that two have, and of a write that has not read the one before it', async () => {
    const resource = await started();
    const [one, other] = [lines(resource.port), lines(resource.port)];
    await one.ask('open one 1');
    await other.ask('open two 1');
    await other.ask('write 1 5');
    expect(resource.broken).toEqual([
      'one and two have token 1',
      '5 was written over 0 with token 1',
    ]);
  });
});

describe('the recorder', () => {
  /** One that reads and writes, over a store that may lie. */
  async function historyOf(lie: (store: Store) => Store): Promise<ReturnType<typeof judgeHistory>> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-recorder-'));
    undos.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'history');
    const store = recorded(lie(fileStore(join(folder, 'store'))), file);
    const { signal } = new AbortController();
    for (let count = 0; count < 3; count++) {
      const { version } = await store.read('key', signal);
      await store.swap('key', version, `value ${count}`, signal).catch(() => {});
    }
    await store.read('key', signal);
    return judgeHistory(readHistory([file]), 'file', false);
  }

  it('has a history that is right for a store that is', async () => {
    expect(await historyOf((store) => store)).toMatchObject({ operations: 7, broken: [] });
  });

  it('has one that is refused for a store whose reads are old', async () => {
    const { broken } = await historyOf((store) => {
      let first: StoreEntry | undefined;
      return {
        ...store,
        async read(key, signal) {
          first ??= await store.read(key, signal);
          return first;
        },
      };
    });
    expect(broken).toHaveLength(1);
  });

  it('has one that is refused for a store that forgets what it has acknowledged', async () => {
    const { broken } = await historyOf((store) => ({
      ...store,
      swap: async (_, version) => String(Number(version) + 1),
    }));
    expect(broken).toHaveLength(1);
  });

  it('takes a swap that has failed for one that may have been done', async () => {
    const history = await historyOf((store) => ({
      ...store,
      async swap(...args) {
        await store.swap(...args);
        throw new Error('the answer is lost');
      },
    }));
    expect(history).toMatchObject({ unknown: 3, broken: [] });
  });
});

describe('a wire', () => {
  /** An echo behind it. */
  async function wired(): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => socket.write(chunk));
      socket.once('end', () => socket.end('the end\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undos.push(() => server.close());
    const wire = await Wire.start((server.address() as AddressInfo).port);
    undos.push(() => wire.close());
    return wire;
  }

  it.each(['requests', 'answers'] as const)(
    'that holds %s passes them on when it is mended',
    async (way) => {
      const wire = await wired();
      const { ask } = lines(wire.port);
      expect(await ask('one')).toBe('one');
      wire.hold(way);
      let heard = '';
      const asked = ask('two').then((line) => {
        heard = line;
      });
      while (!wire.isHolding) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(heard).toBe('');
      wire.mend();
      await asked;
      expect(heard).toBe('two');
    },
  );

  it('that is slow passes everything on, in order and later', async () => {
    const wire = await wired();
    const { ask } = lines(wire.port);
    wire.delayMs = 50.5;
    const began = performance.now();
    for (const line of ['one', 'two']) expect(await ask(line)).toBe(line);
    expect(performance.now() - began).toBeGreaterThanOrEqual(200);
  });

  it('that is cut resets what there is and what comes, until it is mended', async () => {
    const wire = await wired();
    const { socket, ask } = lines(wire.port);
    expect(await ask('one')).toBe('one');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    wire.cut();
    await closed;
    const refused = connect({ port: wire.port, host: '127.0.0.1' });
    const error = await new Promise((resolve) => refused.once('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    wire.mend();
    expect(await lines(wire.port).ask('two')).toBe('two');
  });

  it('that is half closed ends one way, and passes on what comes the other way', async () => {
    const wire = await wired();
    const { ask, socket } = lines(wire.port);
    expect(await ask('one')).toBe('one');
    const heard = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(String(chunk)));
    });
    wire.halfClose('requests');
    expect(await heard).toBe('the end\n');
  });
});
