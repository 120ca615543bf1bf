/**
 * What npm would publish, and a project that has it installed as a user has: from the packed
 * tarball, offline, in a folder that knows nothing of this checkout.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The checkout. */
export const ROOT: string = join(import.meta.dirname, '../..');

const execute = promisify(execFile);

/** The tarball, and what npm says of it. */
export interface Tarball {
  readonly path: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  /** Paths in the package. */
  readonly files: readonly string[];
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** A conditional target of `exports`. */
export type Target = string | { readonly [condition: string]: Target };

/** The part of a manifest that the package tests read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, Target>>;
  readonly bin: Readonly<Record<string, string>>;
}

/** A temporary folder, and what removes it. */
export interface Folder {
  readonly path: string;
  remove(): void;
}

/** An empty folder outside of the checkout. */
export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'tidegate-packages-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs a program to its end; one that fails throws with all that it said. */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, { cwd, env: { ...process.env, ...env } });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error });
  }
}

/** Packs `dist/` as it was built; packing does not build it again. */
export async function pack(into: string): Promise<Tarball> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', into];
  const answer: unknown = JSON.parse(await run('npm', args, ROOT));
  // A list before npm 12, an object by name since.
  const [packed] = Object.values(answer as Record<string, Packed>);
  if (packed === undefined) throw new Error('npm packed nothing');
  return {
    path: join(into, packed.filename),
    bytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    files: packed.files.map(({ path }) => path),
  };
}

/** Makes a project in `path` that has the tarball installed, and beside it the files of `program`. */
export async function install(tarball: Tarball, path: string, program: string): Promise<Manifest> {
  cpSync(program, path, { recursive: true });
  writeFileSync(
    join(path, 'package.json'),
    '{ "name": "user", "private": true, "type": "module" }',
  );
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error'];
  // No cache to find anything in: there is nothing to be found but the tarball.
  const offline = ['--offline', '--cache', join(path, '.npm')];
  await run('npm', ['install', ...offline, ...quiet, tarball.path], path);
  return JSON.parse(
    readFileSync(join(path, 'node_modules/tidegate/package.json'), 'utf8'),
  ) as Manifest;
}
