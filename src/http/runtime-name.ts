/**
 * What the runtime calls itself, for people to read. It chooses words and nothing else.
 *
 * @module
 */

/** `node`, `deno`, `bun`, `workerd` or `browser`. Some of the others also speak of Node. */
export function runtimeName(): string {
  const { navigator, process } = globalThis as {
    readonly navigator?: { readonly userAgent?: string };
    readonly process?: { readonly versions?: Readonly<Record<string, string>> };
  };
  if (navigator?.userAgent === 'Cloudflare-Workers') return 'workerd';
  const versions = process?.versions ?? {};
  return ['bun', 'deno', 'node'].find((name) => versions[name] !== undefined) ?? 'browser';
}
