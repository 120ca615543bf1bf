/**
 * The part of Node's request and response that the declarations of this package need, so that a
 * program without `@types/node` compiles, too. Types only; nothing runs.
 *
 * @module
 */

/** The part of `http.IncomingMessage` by which the compiler knows it, without `@types/node`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** The part of `http.ServerResponse` by which the compiler knows it. */
export interface NodeResponse {
  readonly headersSent: boolean;
  statusCode: number;
  end(): unknown;
}
