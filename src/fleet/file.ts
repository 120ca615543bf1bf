/**
 * A store in a folder, for the processes of one machine. There is no process that keeps it, so nothing
 * is lost when one is killed, at whatever moment.
 *
 * Each value is a file that is written once, `KEY.1`, `KEY.2`, …; the one with the highest number counts.
 * A swap of version 6:
 *
 * 1. writes a file of another name, and waits until it is on the disk: no `KEY.7` is ever half written;
 * 2. links it as `KEY.7`, which fails if that is there: of several, one succeeds;
 * 3. waits until the folder is on the disk;
 * 4. looks whether 7 is the highest. It is not if 2 linked what had been there and was deleted: whoever
 *    comes so late is told so. A file is deleted when there are {@link KEPT} newer ones, so the highest
 *    is always there.
 *
 * The folder must be on a disk of this machine: on a network, neither 2 nor 3 is certain.
 *
 * @module
 */

import { isObject, isWhole, must } from '../lifecycle/check.ts';
import type { LifecycleErrorCode } from '../lifecycle/errors.ts';
import { attempt, checkStore, type StoreOptions } from './options.ts';
import type { Store } from './store.ts';

const ACTION = 'use a folder as a store';
/** Values before the last one that are not deleted yet. */
const KEPT = 16;
/** A file that was written and never linked, by a process that was killed, is deleted after this. */
const ABANDONED_MS = 60_000;
/** What the system says when it does not let us. */
const REFUSED = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'];
/** What it says when there is no room for a file. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * A store for the processes of one machine: a folder on a local disk, which is made when it is missing.
 * It works on Node, Deno and Bun.
 *
 * @throws {LifecycleError} `invalid_argument`
 * @example
 * ```ts
 * import { fileStore, lease } from 'tidegate/fleet';
 *
 * const store = fileStore('/var/tmp/tidegate-example');
 * const writer = await lease(lifecycle, { store, name: 'writer', ttlMs: 5_000 });
 * console.log(writer.state); // held
 * await writer.release();
 * ```
 */
export function fileStore(folder: string, options: StoreOptions = {}): Store {
  const isFolder = typeof folder === 'string' && folder !== '';
  must(isFolder, ACTION, 'folder must be a path', folder);
  const pollMs = checkStore(ACTION, options, []);
  return {
    pollMs,
    read: (key) => attempt(ACTION, meaningOf, () => read(folder, key)),
    swap: (key, version, value) =>
      attempt(ACTION, meaningOf, () => swap(folder, key, Number(version), value)),
  };
}

/** Loaded when it is needed: a bundle for the edge has no files. */
const files = (): Promise<typeof import('node:fs/promises')> => import('node:fs/promises');

async function read(
  folder: string,
  key: string,
): Promise<{ value: string | null; version: string }> {
  const { readFile } = await files();
  while (true) {
    const newest = (await versions(folder, key)).at(-1);
    if (newest === undefined) return { value: null, version: '0' };
    try {
      const value = await readFile(`${folder}/${key}.${newest}`, 'utf8');
      return { value, version: String(newest) };
    } catch (error) {
      // So many came between the two looks that this one is deleted.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}

async function swap(
  folder: string,
  key: string,
  version: number,
  value: string,
): Promise<string | null> {
  const { link, mkdir, rm } = await files();
  const written = `${folder}/.${key}.${crypto.randomUUID()}`;
  const next = version + 1;
  await mkdir(folder, { recursive: true });
  try {
    await write(written, value);
    await link(written, `${folder}/${key}.${next}`);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return null;
    throw error;
  } finally {
    await rm(written, { force: true });
  }
  await writeOut(folder);
  const all = await versions(folder, key);
  const isLate = all.at(-1) !== next;
  // Ours may have been the one that others have built on, or it is nobody's.
  if (isLate) throw new Error(`${key}.${all.at(-1)} came before it was seen that ${next} is there`);
  await clean(folder, key, all.slice(0, -KEPT));
  return String(next);
}

/** The numbers of the values that are there, ascending. */
async function versions(folder: string, key: string): Promise<number[]> {
  const { readdir } = await files();
  try {
    return (await readdir(folder))
      .filter((name) => name.startsWith(`${key}.`))
      .map((name) => Number(name.slice(key.length + 1)))
      .filter((version) => isWhole(version, 1))
      .sort((one, other) => one - other);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Makes a file, and returns when its content is on the disk. */
async function write(path: string, value: string): Promise<void> {
  const { open } = await files();
  const file = await open(path, 'wx');
  try {
    await file.writeFile(value);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Returns when the names in the folder are on the disk, where the system can say so. */
async function writeOut(folder: string): Promise<void> {
  const { open } = await files();
  let directory: Awaited<ReturnType<typeof open>>;
  try {
    directory = await open(folder, 'r');
  } catch (error) {
    // Windows opens no folder, and writes names out by itself.
    if (['EISDIR', 'EPERM', 'EACCES'].includes(codeOf(error) ?? '')) return;
    throw error;
  }
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Deletes old values, the oldest first, and what was never linked. A failure is left to the next one. */
async function clean(folder: string, key: string, old: readonly number[]): Promise<void> {
  const { readdir, rm, stat } = await files();
  try {
    for (const version of old) await rm(`${folder}/${key}.${version}`, { force: true });
    // By the file system's own time: the folder has just changed.
    const nowMs = (await stat(folder)).mtimeMs;
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`.${key}.`)) continue;
      const { mtimeMs } = await stat(`${folder}/${name}`);
      if (nowMs - mtimeMs > ABANDONED_MS) await rm(`${folder}/${name}`, { force: true });
    }
  } catch {
    // Deleted by somebody else meanwhile, most likely.
  }
}

function meaningOf(code: string): LifecycleErrorCode | undefined {
  if (FULL.includes(code)) return 'store_full';
  return REFUSED.includes(code) ? 'store_refused' : undefined;
}

function codeOf(error: unknown): string | undefined {
  return isObject(error) ? (error as { readonly code?: string }).code : undefined;
}
