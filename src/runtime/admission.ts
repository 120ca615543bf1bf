/**
 * Admission: every request that is not for a probe or an admin route holds a permit of the gate until its
 * response is sent, so that no step of the shutdown runs at the same time, and no write is
 * acknowledged that the flush did not see. It serves nothing.
 *
 * @module
 */

import { GateClosedError, LifecycleError } from '../lifecycle/errors.ts';
import { isHeld, type Permit, type PermitKind } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase, phaseName } from '../lifecycle/phase.ts';
import type { WebRequest } from '../lifecycle/platform.ts';
import { ownPaths, type PlainAnswer } from '../lifecycle/routes.ts';
import { plainAnswer } from './answer.ts';

/** What a request is counted as: a write, a query, or `null`, not at all. */
export type KindOf = (request: WebRequest) => PermitKind | null;

/** Methods that change nothing, by RFC 9110 §9.2.1. */
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/** Safe methods are queries, all others writes. */
export function kindOfMethod(method: string): PermitKind {
  return method === 'GET' || SAFE.includes(method) ? 'query' : 'write';
}

/** What an EventSource gets when it is not served: after a 503 it never comes back. */
const RETRY: PlainAnswer = plainAnswer(200, 'text/event-stream', 'retry: 1000\n\n');

/** The gate in front of a server. */
export class Admission {
  /** Paths of every handler of this lifecycle on this thread, those to come included. */
  readonly own: ReadonlySet<string>;
  readonly kindOf: KindOf | undefined;
  readonly #lifecycle: Lifecycle;

  constructor(lifecycle: Lifecycle, kindOf?: KindOf) {
    this.#lifecycle = lifecycle;
    this.kindOf = kindOf;
    this.own = ownPaths(lifecycle);
  }

  /**
   * A permit, or the answer in place of the application's.
   *
   * @param acceptOf what the client of `asked` accepts: headers are made when they are read
   */
  enter<Asked>(
    kind: PermitKind,
    asked: Asked,
    acceptOf: (asked: Asked) => string | null | undefined,
  ): Permit | PlainAnswer {
    try {
      const permit = this.#lifecycle.gate.tryEnter(kind);
      if (permit !== null) return permit;
      if (kind === 'query' && acceptOf(asked)?.includes('text/event-stream')) return RETRY;
      return closedAnswer(this.#refused(kind));
    } catch (thrown) {
      // Detached, or reaped: this thread no longer knows, and unknown means "do not serve".
      if (thrown instanceof LifecycleError) return unavailable(thrown.message, thrown.code);
      throw thrown;
    }
  }

  /** The answer in place of an upgrade: from the drain on none is begun that would be cut. */
  refusesUpgrade(): PlainAnswer | undefined {
    try {
      const phase = this.#lifecycle.phase();
      if (phase === Phase.Ready) return undefined;
      return unavailable(`Cannot upgrade: ${phaseName(phase)}`, phaseName(phase));
    } catch (thrown) {
      if (thrown instanceof LifecycleError) return unavailable(thrown.message, thrown.code);
      throw thrown;
    }
  }

  /**
   * The answer in place of one that would acknowledge a write which outlived its drain: the flush may have
   * come before it. An application that owns the shutdown decides that by itself.
   */
  tooLate(permit: Permit | null): PlainAnswer | undefined {
    if (permit?.kind !== 'write' || !isHeld(permit)) return undefined;
    try {
      const isRun = this.#lifecycle.shutdownRequested();
      if (!isRun || this.#lifecycle.phase() < Phase.ShuttingDown) return undefined;
      return closedAnswer(this.#refused('write'));
    } catch (thrown) {
      if (thrown instanceof LifecycleError) return unavailable(thrown.message, thrown.code);
      throw thrown;
    }
  }

  #refused(kind: PermitKind): GateClosedError {
    const phase = this.#lifecycle.phase();
    const reason = kind === 'write' ? this.#lifecycle.gate.writeRefusal() : null;
    return new GateClosedError(kind, phase, reason ?? phaseName(phase));
  }
}

/** Whether a request was let in. */
export function isPermit(entered: Permit | PlainAnswer): entered is Permit {
  return (entered as Partial<Permit>).kind !== undefined;
}

/** 503, as the probes have it. */
export function closedAnswer({ message, reason }: GateClosedError): PlainAnswer {
  return unavailable(message, reason);
}

function unavailable(error: string, reason: string): PlainAnswer {
  const body = JSON.stringify({ ok: false, error, reason });
  return plainAnswer(503, 'application/json', body, ['retry-after', '1']);
}
