/**
 * The web types that the declarations of this package use. A program that is compiled without the
 * DOM library and without a runtime's types does not have them and must still compile: it gets the
 * part that is used here. Types only; nothing runs.
 *
 * @module
 */

/**
 * `AbortSignal`.
 *
 * @internal
 */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      throwIfAborted(): void;
      addEventListener(type: 'abort', listener: () => void): void;
      removeEventListener(type: 'abort', listener: () => void): void;
    };

/** `Request`. */
export type WebRequest = typeof globalThis extends { Request: { prototype: infer T } }
  ? T
  : { readonly method: string; readonly url: string };

/** `Response`. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer T } }
  ? T
  : { readonly status: number; json(): Promise<unknown>; text(): Promise<string> };

/**
 * What `using` takes, where the compiler's library knows `Symbol.dispose` (`esnext.disposable`).
 *
 * @internal
 */
export type Disposing = SymbolConstructor extends { readonly dispose: infer K extends symbol }
  ? { [key in K]: () => void }
  : object;
