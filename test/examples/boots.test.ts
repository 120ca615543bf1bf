/**
 * The document service is told to stop while it boots, again and again: nothing is lost, and no good
 * backup is replaced by one of a database that is half there. Real processes, real signals.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { seeded } from './journal.ts';
import { DataFolder, RUNTIMES, type Runtime, Service } from './process.ts';
import { checkDatabase, rowsOf } from './rows.ts';

/** Ten times on Node, as is promised; the others show that the same source keeps it there, too. */
const STOPS: Readonly<Record<Runtime, number>> = { node: 10, deno: 3, bun: 3 };
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

const folders: DataFolder[] = [];
const services: Service[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) await service.kill();
  for (const folder of folders.splice(0)) folder.remove();
});

function newFolder(): DataFolder {
  const folder = new DataFolder();
  folders.push(folder);
  return folder;
}

/** Boots once to the end, and stops. */
async function life(runtime: Runtime, folder: DataFolder): Promise<void> {
  const service = await Service.start(runtime, folder);
  services.push(service);
  service.signal('SIGTERM');
  expect((await service.exit).code).toBe(0);
}

/** Stops a boot at a random moment of the time that a whole one takes; true if it was in time. */
async function stopBooting(runtime: Runtime, folder: DataFolder, ms: number): Promise<boolean> {
  const service = Service.launch(runtime, { DATA_DIR: folder.path });
  services.push(service);
  // Before this line there is no handler, and the signal would end the process as it ends any other.
  await service.seen(/answers its probes/);
  await new Promise((resolve) => setTimeout(resolve, ms));
  service.signal('SIGTERM');
  const { code, signal } = await service.exit;
  expect([code, signal, service.output]).toEqual([0, null, expect.stringContaining('clean')]);
  return !service.output.includes('listening on');
}

const digest = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

describe.each(RUNTIMES)('on %s', (runtime) => {
  it(`${STOPS[runtime]} SIGTERMs during the first boot lose nothing (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    const whole = newFolder();
    await life(runtime, whole);
    const folder = newFolder();
    for (let stop = 0; stop < STOPS[runtime]; stop++) {
      await stopBooting(runtime, folder, random() * 150);
    }
    await life(runtime, folder);
    checkDatabase(folder.database);
    const contents = ({ database }: DataFolder) =>
      rowsOf(database).map(({ id, title, text }) => [id, title, text]);
    expect(contents(folder)).toEqual(contents(whole));
  });

  it(`a boot that is stopped replaces no good backup (seed ${SEED})`, async () => {
    const random = seeded(SEED + 1);
    const folder = newFolder();
    await life(runtime, folder);
    const before = digest(folder.backup);
    for (let stop = 0; stop < STOPS[runtime] / 2; stop++) {
      folder.loseDatabase();
      if (!(await stopBooting(runtime, folder, random() * 40))) break;
      expect(digest(folder.backup)).toBe(before);
    }
  });
});
