/**
 * GraphQL Yoga: queries, mutations and a subscription over a shutdown.
 *
 * @module
 */

import { once as event } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { once, type Reply, Wire } from '../runtime/wire.ts';
import { Journal } from './journal.ts';

let journal: Journal;
beforeEach(() => {
  journal = new Journal();
});
afterEach(() => journal.end());

it('a mutation is flushed, and a subscription ends with the drain', async () => {
  const running = await journal.start({ name: 'graphql-yoga', runtime: 'node' });
  const port = await running.port;
  const post = (query: string): Promise<Reply> =>
    once(port, '/graphql', {
      method: 'POST',
      headers: ['content-type: application/json'],
      body: JSON.stringify({ query }),
    });
  const query = await once(port, `/graphql?query=${encodeURIComponent('{ hello }')}`, {
    headers: ['accept: application/json'],
  });
  expect(JSON.parse(query.body)).toEqual({ data: { hello: 'hello' } });
  const saved = await post('mutation { save(note: "by a mutation") }');
  expect(JSON.parse(saved.body)).toEqual({ data: { save: 'by a mutation' } });

  const stream = await Wire.open(port);
  const subscription = encodeURIComponent('subscription { ticks }');
  stream.send(`/graphql?query=${subscription}`, { headers: ['accept: text/event-stream'] });
  await event(stream.socket, 'data');
  const exit = running.end();
  const { status, headers, body } = await stream.read();
  expect([status, headers.get('content-type')]).toEqual([200, ['text/event-stream']]);
  expect(body).toContain('"ticks":');
  expect(await exit).toBe(0);
  expect(journal.notes).toEqual(['by a mutation']);
});
