/**
 * gRPC: its health follows the lifecycle, its calls are admitted, and none is cut.
 *
 * @module
 */

import { once as event } from 'node:events';
import { Client, credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from './journal.ts';

let journal: Journal;
let client: Client;
beforeEach(() => {
  journal = new Journal();
});
afterEach(() => {
  client.close();
  return journal.end();
});

/** The answer, or the code of the refusal. */
function save(note: string): Promise<string | number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest('/notes.Notes/Save', Buffer.from, String, note, (error, answer) => {
      resolve(error?.code ?? answer ?? '');
    });
  });
}

it('the health says NOT_SERVING from the acceptance on, while calls are answered', async () => {
  const running = await journal.start({ name: 'grpc', runtime: 'node' }, { PRE_DRAIN_MS: '1000' });
  const address = `127.0.0.1:${await running.port}`;
  client = new Client(address, credentials.createInsecure());
  const { Health } = loadPackageDefinition({ Health: service }) as unknown as {
    Health: new (
      ...args: ConstructorParameters<typeof Client>
    ) => Client & { Watch(request: object): NodeJS.ReadableStream };
  };
  const health = new Health(address, credentials.createInsecure());
  const watch = health.Watch({ service: '' });
  const ended = event(watch, 'error');
  expect((await event(watch, 'data'))[0]).toEqual({ status: 'SERVING' });
  expect(await save('while ready')).toBe('while ready');

  const exit = running.end();
  expect((await event(watch, 'data'))[0]).toEqual({ status: 'NOT_SERVING' });
  expect(await save('in the pre-drain')).toBe('in the pre-drain');
  let last: string | number = '';
  while (last !== status.UNAVAILABLE) last = await save('until the drain');
  expect(await exit).toBe(0);
  await ended;
  health.close();
  expect(journal.notes.slice(0, 2)).toEqual(['while ready', 'in the pre-drain']);
});
