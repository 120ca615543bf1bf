/**
 * Which runtime this is, and which engine is in it.
 *
 * @module
 */

interface Globals {
  readonly Bun?: { readonly version: string };
  readonly Deno?: { readonly version: { readonly deno: string; readonly v8: string } };
  readonly process?: { readonly versions: Readonly<Record<string, string | undefined>> };
  readonly navigator?: { readonly userAgent: string };
}

/** Version of the runtime, and of its engine. */
export function engine(): { readonly version: string; readonly engine: string } {
  const { Bun, Deno, process, navigator } = globalThis as Globals;
  if (Bun !== undefined) {
    const webkit = process?.versions.webkit ?? 'unknown';
    return { version: Bun.version, engine: `JavaScriptCore ${webkit.slice(0, 12)}` };
  }
  if (Deno !== undefined) return { version: Deno.version.deno, engine: `V8 ${Deno.version.v8}` };
  const node = process?.versions.node;
  if (node !== undefined) return { version: node, engine: `V8 ${process?.versions.v8}` };
  const [, chrome] = /Chrome\/([\d.]+)/.exec(navigator?.userAgent ?? '') ?? [];
  return { version: chrome ?? 'unknown', engine: chrome === undefined ? 'unknown' : `V8 of it` };
}
