/**
 * One request, one answer, by a deadline. Redirects are answers like any other and are not
 * followed: the token would go with them. It does not retry.
 *
 * @module
 */

import { Buffer } from 'node:buffer';
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { VERSION } from '../version.ts';
import { CommandError, Exit } from './exit.ts';
import { plain } from './plain.ts';

/** A snapshot with all members, stages and steps is far below this. */
const BODY_LIMIT = 1 << 20;

/** What to ask. */
export interface Question {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly token?: string | undefined;
  /** Of a POST; JSON. */
  readonly body?: string | undefined;
  /** For all of it: name look-up, connection, answer, last byte. */
  readonly timeoutMs: number;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** `undefined` if the body is no JSON. */
  readonly body: unknown;
  readonly location: string | undefined;
}

/** Causes that people meet, by the code of the system's error. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  // Node's code, and that of Deno and Bun.
  EPROTO: 'no TLS could be agreed on; is it an http:// address?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS could be agreed on; is it an http:// address?',
};

/**
 * Asks.
 *
 * @throws {CommandError} `Unreachable`, or `TimedOut`
 */
export async function ask(question: Question): Promise<Answer> {
  const { url, method = 'GET', token, body = '', timeoutMs } = question;
  // Most health checks are http on the loopback: TLS is loaded by those that need it.
  const isSecure = url.startsWith('https:');
  const request = isSecure ? (await import('node:https')).request : plainRequest;
  const options: RequestOptions = {
    method,
    agent: false,
    headers: {
      accept: 'application/json',
      'user-agent': `tidegate/${VERSION}`,
      ...(method === 'POST' && { 'content-length': `${Buffer.byteLength(body)}` }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (exit: Exit, message: string, isRefused = false): void => {
      clearTimeout(timer);
      reject(new CommandError(exit, message, isRefused));
      sent?.destroy();
    };
    const failed = (error: unknown): void =>
      fail(Exit.Unreachable, unreachable(url, error), codeOf(error) === 'ECONNREFUSED');
    const timer = setTimeout(() => {
      fail(Exit.TimedOut, `No answer from ${plain(url)} in the time given`);
    }, timeoutMs);
    let sent: ReturnType<typeof request> | undefined;
    try {
      sent = request(url, options, (response) => {
        read(response).then((answer) => {
          clearTimeout(timer);
          resolve(answer);
        }, failed);
      });
      sent.on('error', failed);
      sent.end(body);
    } catch (error) {
      // Deno, where a permission is missing.
      failed(error);
    }
  });
}

/** Reads the answer to its end. */
async function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > BODY_LIMIT) throw new Error('the answer does not end');
  }
  return { status, body: parsed(Buffer.concat(chunks).toString()), location: headers.location };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, error: unknown): string {
  const { message = '' } = error as { readonly message?: string };
  const code = codeOf(error);
  const cause = CAUSES[String(code)] ?? (message === '' ? String(code) : message);
  return `Cannot reach ${plain(url)}: ${plain(cause)}`;
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
