/**
 * Which programs of `examples/frameworks` are tested, and on which runtime.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type Recipe, ROOT } from './recipe.ts';

/** Servers of requests: `GET /hello` and `POST /notes`, probes and admin calls. */
const SMALL: readonly Recipe[] = [
  { name: 'http', runtime: 'node' },
  { name: 'express', runtime: 'node' },
  { name: 'express', runtime: 'node', alias: { express: 'express-4' } },
  { name: 'fastify', runtime: 'node', closes: 'onClose' },
  { name: 'koa', runtime: 'node' },
  { name: 'hono', runtime: 'node' },
  { name: 'hono-node-server', runtime: 'node' },
  { name: 'h3', runtime: 'node' },
  { name: 'srvx', runtime: 'node' },
  { name: 'elysia', runtime: 'bun' },
  { name: 'oak', runtime: 'deno' },
];

/** Where `npm run frameworks` puts those that are large. */
export const TARGETS: string = join(ROOT, 'build/frameworks/large');

function large(
  folder: string,
  name: string,
  args: readonly string[],
  more: Partial<Recipe> = {},
): Recipe & { readonly folder: string } {
  const command = [process.execPath, ...args] as const;
  return { folder, name, runtime: 'node', cwd: join(TARGETS, folder), command, ...more };
}

const NEXT = ['--import', './.next/standalone/tidegate.mjs', '.next/standalone/server.js'];

const LARGE = [
  large('nest', 'nest', ['dist/main.js'], { closes: 'onModuleDestroy' }),
  large('nest', 'nest with shutdown hooks', ['dist/main.js'], {
    env: { SHUTDOWN_HOOKS: '1' },
    closes: 'onModuleDestroy',
  }),
  large('next', 'next', NEXT, {
    env: { NEXT_MANUAL_SIG_HANDLE: 'true', KEEP_ALIVE_TIMEOUT: '72000', NODE_ENV: 'production' },
  }),
  large('next', 'next with a custom server', ['server.mjs'], { env: { NODE_ENV: 'production' } }),
  large('nitro', 'nitro', ['node/server.mjs']),
  large('sveltekit', 'sveltekit', ['server.mjs'], { type: 'application/octet-stream' }),
];

/** Which of the large ones are not installed here, and what installs them. */
export function absent(folder: string): string | undefined {
  if (existsSync(join(TARGETS, folder, '.stamp'))) return undefined;
  return `${folder} is not installed: npm run frameworks`;
}

/** All that can be run here. */
export const FRAMEWORKS: readonly Recipe[] = [
  ...SMALL,
  ...LARGE.filter(({ folder }) => absent(folder) === undefined),
];

/** What is left out, and why. */
export const ABSENT: readonly string[] = [...new Set(LARGE.map(({ folder }) => folder))].flatMap(
  (folder) => absent(folder) ?? [],
);
