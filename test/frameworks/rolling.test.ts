/**
 * Each recipe in a rolling restart behind a real HAProxy that neither retries nor redispatches: no
 * request fails, and no write is acknowledged that the flush has not seen.
 *
 * @module
 */

import { describe, it } from 'vitest';
import { missing } from '../proxy/haproxy.ts';
import { type Recipe, titleOf } from './recipe.ts';
import { ABSENT, FRAMEWORKS } from './recipes.ts';
import { expectNoLoss, roll } from './rolling.ts';

/** For those that most services stand on; the others are restarted a few times. */
const RESTARTS = 20;
const FEW_RESTARTS = 3;
const OFTEN = ['http', 'express', 'fastify', 'hono', 'nest', 'next'];

const why = missing('haproxy');

const restartsOf = ({ name, alias }: Recipe): number =>
  OFTEN.includes(name) && alias === undefined ? RESTARTS : FEW_RESTARTS;

describe.skipIf(why !== undefined)(`restarted under load ${why ?? ''}`, () => {
  it.each(FRAMEWORKS.map((framework) => [titleOf(framework), framework] as const))(
    '%s loses no request and no write',
    async (title, framework) => {
      const restarts = restartsOf(framework);
      expectNoLoss(title, await roll(framework, restarts), restarts);
    },
  );

  it('Fastify on HTTP/2 loses no request and no write', async () => {
    const recipe = { name: 'fastify-http2', runtime: 'node', protocol: 'h2' } as const;
    expectNoLoss('Fastify on HTTP/2', await roll(recipe, FEW_RESTARTS), FEW_RESTARTS);
  });

  it('GraphQL Yoga on node loses no query and no mutation', async () => {
    const yoga = { name: 'graphql-yoga', runtime: 'node' } as const;
    const rolled = await roll(yoga, FEW_RESTARTS, {
      read: '/graphql?query=%7Bhello%7D',
      hello: '{"data":{"hello":"hello"}}',
      write: '/graphql',
      type: 'application/json',
      body: (note) => JSON.stringify({ query: `mutation { save(note: "${note}") }` }),
      kept: (note) => `{"data":{"save":"${note}"}}`,
    });
    expectNoLoss('GraphQL Yoga', rolled, FEW_RESTARTS);
  });
});

for (const absent of ABSENT) it.skip(absent);
