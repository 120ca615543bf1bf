/**
 * Which process this is, for people to read: host, process id, runtime. Nothing is decided by it.
 *
 * @module
 */

import { runtimeName } from './runtime-name.ts';
import type { Place } from './status.ts';

/** What the runtimes say of themselves, without an import that others do not have. */
interface Globals {
  readonly Deno?: {
    readonly pid: number;
    readonly version: { readonly deno: string };
    readonly permissions: {
      querySync(descriptor: object): { readonly state: string };
    };
    hostname(): string;
  };
  readonly process?: {
    readonly pid?: number;
    readonly versions?: Readonly<Record<string, string>>;
    readonly getBuiltinModule?: (name: string) => { readonly hostname?: () => string } | undefined;
  };
}

/** Looked up at each call: a machine may be renamed. */
export function placeOf(): Place {
  const { Deno, process } = globalThis as Globals;
  const name = runtimeName();
  const version = Deno?.version.deno ?? process?.versions?.[name];
  return {
    host: hostOf(Deno, process),
    pid: Deno?.pid ?? process?.pid,
    runtime: version === undefined ? name : `${name} ${version}`,
  };
}

/** Of Deno only where it may be asked: it would ask its user at the terminal, and wait. */
function hostOf(deno: Globals['Deno'], process: Globals['process']): string | undefined {
  try {
    if (deno === undefined) return process?.getBuiltinModule?.('node:os')?.hostname?.();
    const { state } = deno.permissions.querySync({ name: 'sys', kind: 'hostname' });
    return state === 'granted' ? deno.hostname() : undefined;
  } catch {
    return undefined;
  }
}
