/**
 * Whether this process was started by `tidegate run`, and where that listens. It connects to nothing.
 *
 * @module
 */

import process from 'node:process';
import { RUN_SOCKET } from './wire.ts';

interface DenoPermissions {
  readonly permissions: { querySync(asked: object): { readonly state: string } };
}

let found: string | undefined;

/**
 * The path of the parent's socket, if there is one. The variable is taken out of the environment: what
 * this process starts is its own business, and no instance of the parent's.
 */
export function parentSocket(): string | undefined {
  found ??= taken();
  return found;
}

function taken(): string | undefined {
  const { Deno } = globalThis as { readonly Deno?: DenoPermissions };
  // Without the permission it would ask on a terminal, and everybody would wait for the answer.
  const isDenied = (asked: object): boolean =>
    Deno !== undefined && Deno.permissions.querySync(asked).state !== 'granted';
  if (isDenied({ name: 'env', variable: RUN_SOCKET })) return undefined;
  const path = process.env[RUN_SOCKET];
  if (path === undefined || path === '') return undefined;
  delete process.env[RUN_SOCKET];
  // What a socket in the file system needs.
  if (isDenied({ name: 'read', path }) || isDenied({ name: 'write', path })) return undefined;
  return path;
}
