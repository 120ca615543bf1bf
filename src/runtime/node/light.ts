/**
 * Responses that are less than a web `Response`: srvx's `FastResponse` keeps what it was made of
 * until somebody asks for more. It uses only what such a class offers.
 *
 * @module
 */

/** What a response was made of. */
export interface Parts {
  readonly status: number;
  readonly statusText: string;
  /** Names and values, in turn. */
  readonly headers: readonly string[];
  readonly body: unknown;
}

/** A response that has its parts at hand, and gives them away once. */
export interface LightResponse {
  _toNodeResponse(): Parts;
}

/** Whether it is such a response. */
export function isLight(value: unknown): value is LightResponse {
  return typeof (value as Partial<LightResponse> | null)?._toNodeResponse === 'function';
}
