/**
 * `npm run start:fleet`: starts `member.js` three times, on Node, Deno and Bun, or on Node in the place of what is not
 * there. They share a store, which is a folder unless `STORE` names an engine, and a database. A member that ends is not
 * started again.
 *
 * @module
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const MEMBER = join(HERE, 'member.js');
const BIN = join(ROOT, 'node_modules/.bin');

function fail(why) {
  console.error(`Cannot start: ${why}`);
  process.exit(2);
}

if (!existsSync(join(ROOT, 'dist/index.js'))) fail('the package is not built. "npm ci" builds it');

const port = Number(process.env.PORT ?? 8791);
if (!Number.isInteger(port) || port < 0 || port > 65_533) fail('PORT must be from 0 to 65533');

const env = {
  DATA_DIR: join(ROOT, 'build/fleet-data'),
  DEPLOYMENT: 'v1',
  TIDEGATE_ADMIN_TOKEN: 'secret',
  ...process.env,
  PATH: `${BIN}:${process.env.PATH}`,
};
const isThere = (program) => spawnSync(program, ['--version'], { env }).status === 0;
const commands = {
  node: [process.execPath, MEMBER],
  deno: ['deno', 'run', '--allow-all', '--no-lock', MEMBER],
  bun: ['bun', MEMBER],
};

const children = ['node', 'deno', 'bun'].map((wanted, index) => {
  const runtime = wanted === 'node' || isThere(wanted) ? wanted : 'node';
  const [program, ...args] = commands[runtime];
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...env, NAME: `member ${index + 1}`, PORT: String(port === 0 ? 0 : port + index) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(child.stdout).on('line', (line) => console.log(line));
  return child;
});

const ends = children.map(async (child, index) => {
  const [code, signal] = await once(child, 'close');
  console.log(`member ${index + 1} has ended: ${signal ?? code}`);
  return code;
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  // Ctrl-C is heard by all of them; asked again, they do the same.
  process.on(signal, () => {
    for (const child of children) child.kill('SIGTERM');
  });
}
const codes = await Promise.all(ends);
// One that was killed has none.
process.exitCode = codes.some((code) => code !== null && code !== 0) ? 1 : 0;
