/**
 * The audit: tells the application of each admin call and each refused attempt at one. It grants no
 * access, and shows no token.
 *
 * @module
 */

import { must } from '../lifecycle/check.ts';
import { journal } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest } from '../lifecycle/platform.ts';
import { pathOf } from '../lifecycle/routes.ts';
import { isThenable } from '../lifecycle/thenable.ts';
import type { Answer } from './respond.ts';

/** An admin act, or an attempt at one. It can be written as JSON, and has no token. */
export interface AuditEvent {
  /** When it was asked for: wall-clock milliseconds. */
  readonly atMs: number;
  /**
   * The name in `adminTokens`, or `adminToken` for that one; `null` if the call was refused, and where
   * no token is asked for.
   */
  readonly by: string | null;
  /** The client's address, if the handler knows it; that of a proxy, behind one. */
  readonly from: string | null;
  readonly method: string;
  /** As `/admin/drain`, with the `basePath`. */
  readonly path: string;
  /** Of the answer: 401 and 403 are refusals. */
  readonly status: number;
  /** What was answered. */
  readonly answer: unknown;
}

/** Hears of admin acts. What it returns is not waited for. */
export type Audit = (event: AuditEvent) => unknown;

/** What a handler gets in addition to the request. */
export interface AskedBy {
  /** The client's address. */
  readonly remoteAddress?: string | undefined;
  /** Of an event's context, which workerd passes in this place: it is not looked at. */
  readonly waitUntil?: unknown;
}

/** One request that may be an admin act. */
export interface Act {
  /** Whose token it was. */
  by: string | null;
  /** Tells how it was answered; or, of a shutdown, that it was accepted. */
  tell(answer: Answer): void;
}

/** Makes the act of a request. */
export type Acts = (request: WebRequest, who?: AskedBy) => Act;

/** The type of {@link actsOf}. */
export type Audits = typeof actsOf;

/** Tells `audit`, whatever it does. A fault is logged once, until it works again: strangers may ask often. */
export function teller(lifecycle: Lifecycle, audit: Audit): (event: AuditEvent) => void {
  let isFailing = false;
  const failed = (error: unknown): void => {
    if (!isFailing) journal(lifecycle, { type: 'audit_failed', message: 'audit failed', error });
    isFailing = true;
  };
  const worked = (): void => {
    isFailing = false;
  };
  return (event) => {
    try {
      const told = audit(event);
      if (isThenable(told)) told.then(worked, failed);
      else worked();
    } catch (error) {
      failed(error);
    }
  };
}

/**
 * Makes the function that calls `audit`; `undefined` if there is no audit.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function actsOf(lifecycle: Lifecycle, audit: Audit | undefined): Acts | undefined {
  if (audit === undefined) return undefined;
  must(typeof audit === 'function', 'create the handler', 'audit must be a function', audit);
  const tell = teller(lifecycle, audit);
  return ({ method, url }, who) => {
    // Now: on Bun it is forgotten once the client is gone.
    const from = who?.remoteAddress ?? null;
    const atMs = Date.now();
    return {
      by: null,
      tell({ status, body }) {
        if (method !== 'POST' && status !== 401 && status !== 403) return;
        const { by } = this;
        // Ours: it is JSON wherever it is no page, and a page is no refusal.
        const answer: unknown = JSON.parse(body);
        tell(Object.freeze({ atMs, by, from, method, path: pathOf(url), status, answer }));
      },
    };
  };
}
