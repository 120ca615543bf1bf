/**
 * The head of a response as it is sent, whatever the handler returned: one framing, no header of
 * the connection but ours, and a valid length. It sends nothing.
 *
 * @module
 */

import { hasOnly } from '../content-coding.ts';
import type { Parts } from './light.ts';

/**
 * Headers of one connection, and of the framing on it (RFC 9110 §7.6.1, RFC 9112 §6). An upgrade is
 * no response of a handler.
 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Codings that `fetch()` takes off a body and leaves in its head, on every Node. */
const DECODED = ['gzip', 'x-gzip', 'deflate', 'br'];

/** A head that is put together. */
export class Head {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn, as `writeHead` takes them; no length among them. */
  readonly headers: string[] = [];
  /** The length that the handler says; `undefined` if it says none, or none that is one. */
  length: number | undefined;
  /** The content type. */
  type: string | undefined;
  /** The coding that the body is said to have. */
  coding: string | undefined;
  /** The handler wants the connection to end. */
  closes = false;

  constructor(status: number, statusText: string) {
    this.status = status;
    this.statusText = statusText;
  }

  /** Takes a header of the handler. */
  add(name: string, value: string): void {
    if (HOP_BY_HOP.has(name)) {
      if (name === 'connection' && /\bclose\b/i.test(value)) this.closes = true;
    } else if (name === 'content-length') {
      this.length = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
    } else {
      if (name === 'content-encoding') this.coding = value;
      else if (name === 'content-type') this.type = value;
      this.headers.push(name, value);
    }
  }

  /** Drops the coding, and the length of what was encoded. */
  decode(): void {
    const at = this.headers.indexOf('content-encoding');
    if (at >= 0) this.headers.splice(at, 2);
    this.coding = undefined;
    this.length = undefined;
  }

  /** Whether a response of this status has a body, by RFC 9110 §6.4.1. */
  get hasBody(): boolean {
    return this.status !== 204 && this.status !== 205 && this.status !== 304;
  }
}

/** The head of a web response. */
export function headOf(response: Response): Head {
  const head = new Head(response.status, response.statusText);
  for (const [name, value] of response.headers) head.add(name, value);
  // Only what comes from fetch() as it is has a type of its own.
  if (head.coding !== undefined && response.type !== 'default' && hasOnly(head.coding, DECODED)) {
    head.decode();
  }
  return head;
}

/** The same of a response that has its parts at hand. */
export function headOfParts({ status, statusText, headers }: Parts): Head {
  const head = new Head(status, statusText);
  for (let index = 0; index < headers.length; index += 2) {
    head.add(String(headers[index]).toLowerCase(), String(headers[index + 1]));
  }
  return head;
}
