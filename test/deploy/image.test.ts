/**
 * The Dockerfile of `examples/deploy`: read by a parser, linted, and its RUN, CMD and HEALTHCHECK run
 * word for word in a folder laid out as its COPY lines say.
 *
 * Not checked: that an image is built of it. That takes a container engine and a registry for the
 * base image, which the machines of these tests do not have; so the base's version of Node, its
 * users and `/data` are taken on trust, and the ports are other ones, since others may have these.
 *
 * @module
 */

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../proxy/haproxy.ts';
import { once } from '../runtime/wire.ts';
import { FILES, imageOf } from './files.ts';
import { Layout, Running } from './process.ts';

const TEXT = FILES.Dockerfile;
const IMAGE = imageOf(TEXT);
const TOKEN = 'a-token-of-the-operator';

let layout: Layout;
/** What the image has as its working directory. */
let app: string;
let installed: SpawnSyncReturns<string>;
let container: Running;
let ports: Readonly<Record<string, string>>;
const started: Running[] = [];

beforeAll(async () => {
  layout = await Layout.make();
  app = join(layout.path, IMAGE.workdir);
  mkdirSync(app);
  // The package comes from beside the lock, and not from a registry.
  for (const name of [...IMAGE.copied, layout.tarball]) {
    cpSync(join(layout.path, name), join(app, name));
  }
  const offline = `--offline --ignore-scripts --cache ${join(layout.path, 'cache')}`;
  const [install = ''] = IMAGE.run;
  installed = spawnSync('sh', ['-c', `${install} ${offline}`], { cwd: app, encoding: 'utf8' });
});
afterEach(async () => {
  for (const program of started.splice(0)) await program.stop();
});
afterAll(() => layout.remove());

/** A text of the file with the ports of this run. */
function here(text: string): string {
  return text.replace(/\b(8080|9090)\b/g, (port) => ports[port] ?? port);
}

async function startContainer(): Promise<void> {
  ports = { 8080: String(await freePort()), 9090: String(await freePort()) };
  const env = Object.entries(IMAGE.env).map(([name, value]) => [name, here(value)]);
  container = new Running(IMAGE.cmd, app, {
    ...Object.fromEntries(env),
    DATA_FILE: join(app, 'entries.json'),
    TIDEGATE_ADMIN_TOKEN: TOKEN,
  });
  started.push(container);
  await container.said(/listening on/);
}

/** What the health check says, and its exit status. */
async function check(change: (word: string) => string = (word) => word): Promise<unknown[]> {
  const probe = new Running(IMAGE.check.map(here).map(change), app);
  const { code } = await probe.exit;
  return [code, probe.output];
}

describe('the Dockerfile', () => {
  it('has nothing that the linter or the reader of instructions objects to', () => {
    expect(validate(TEXT)).toEqual([]);
    expect(validate(TEXT.replace('WORKDIR', 'WORKDRI'))).not.toEqual([]);
    expect(validate(TEXT.replace('--retries=3', '--retires=3'))).not.toEqual([]);
    expect(() =>
      imageOf(TEXT.replace('CMD ["node", "service.js"]', 'CMD node service.js')),
    ).toThrow(/exec form/);
  });

  it('installs what the lock says, and nothing is missing then', () => {
    expect(IMAGE.run[0]).toMatch(/^npm ci --omit=dev/);
    expect([installed.status, installed.stderr]).toEqual([0, expect.any(String)]);
    expect(existsSync(join(app, 'node_modules/tidegate/dist/cli/main.js'))).toBe(true);
  });

  it('CMD is the process that hears the signal, flushes and exits with 0', async () => {
    await startContainer();
    const port = Number(ports[8080]);
    const put = await once(port, '/entries/kept', { method: 'PUT', body: 'by the flush' });
    expect(put.status).toBe(201);
    expect(readFileSync(`/proc/${container.pid}/cmdline`, 'utf8').split('\0')).toEqual([
      ...IMAGE.cmd,
      '',
    ]);
    process.kill(container.pid, IMAGE.stopSignal);
    expect(await container.exit).toEqual({ code: 0, signal: null });
    expect(JSON.parse(readFileSync(join(app, 'entries.json'), 'utf8'))).toEqual({
      kept: 'by the flush',
    });
  });

  it('HEALTHCHECK exits with 0 while it is alive, also while it drains; with another, when not', async () => {
    await startContainer();
    expect(await check()).toEqual([0, 'alive\n']);

    // The same command for whoever wants to know whether it takes writes.
    const ready = (word: string): string => word.replace('health/live', 'health/ready/write');
    expect(await check(ready)).toEqual([0, 'ready\n']);
    const drain = await once(Number(ports[8080]), '/admin/drain', {
      method: 'POST',
      headers: [`authorization: Bearer ${TOKEN}`],
    });
    expect(drain.status).toBe(200);
    expect(await check()).toEqual([0, 'alive\n']);
    expect(await check(ready)).toEqual([1, 'draining\n']);

    container.signal('SIGSTOP');
    expect(await check()).toEqual([5, expect.stringMatching(/No answer .* in the time given/)]);
    container.signal('SIGCONT');
    expect(await check()).toEqual([0, 'alive\n']);

    container.signal('SIGTERM');
    expect(await container.exit).toEqual({ code: 0, signal: null });
    expect(await check()).toEqual([3, expect.stringMatching(/the connection is refused/)]);
  });
});
