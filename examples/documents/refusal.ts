/**
 * What is wrong with a request. It is thrown where it is found, and answered in one place.
 *
 * @module
 */

/** A request that is refused: the status, and the reason as the client reads it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
