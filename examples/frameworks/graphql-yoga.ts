/**
 * GraphQL Yoga is a listener of `node:http` (and a fetch handler elsewhere). A POST is a write, whatever
 * it asks: clients that send queries by GET are answered until the drain has ended.
 *
 * @module
 */

import { createSchema, createYoga } from 'graphql-yoga';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const yoga = createYoga({
  schema: createSchema({
    typeDefs: `
      type Query { hello: String! }
      type Mutation { save(note: String!): String! }
      type Subscription { ticks: Int! }
    `,
    resolvers: {
      Query: { hello: () => 'hello' },
      Mutation: { save: (_: unknown, { note }: { note: string }) => save(note) },
      Subscription: { ticks: { subscribe: ticks, resolve: (tick: number) => tick } },
    },
  }),
});

/** By an event stream, which ends when the drain begins. */
async function* ticks(): AsyncGenerator<number> {
  for (let tick = 0; ; tick++) {
    yield tick;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const server = await serve({ lifecycle, fetch: health, listener: yoga, port });
handleSignals(lifecycle);
started(server.url);
