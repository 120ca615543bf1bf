/**
 * Who may: the guards of the admin calls and of the metrics, by the options of the handler. They say
 * no with an answer, or nothing; what a request asks for is not theirs to know.
 *
 * @module
 */

import type { WebRequest } from '../lifecycle/platform.ts';
import {
  challenge,
  isCrossSite,
  presentedToken,
  type Scheme,
  type Secret,
  secret,
} from './authorization.ts';
import type { HandlerOptions } from './options.ts';
import { type Answer, refusal } from './respond.ts';

/** Refuses, or lets through with `undefined`. */
export type Guard = (request: WebRequest) => Answer | undefined;

/** Who may make admin calls. */
export interface AdminGuards {
  readonly mayPost: Guard;
  readonly mayRead: Guard;
}

/** Reading is also open to a browser, which asks its user for a name and a password. */
export function adminGuards(options: HandlerOptions): AdminGuards {
  return {
    mayPost: adminGuard(options, ['bearer']),
    mayRead: adminGuard(options, ['basic', 'bearer']),
  };
}

/** Closed until a token is set, unless the application opened it; never to another site. */
function adminGuard(
  { adminToken, openAdmin = false }: HandlerOptions,
  schemes: readonly Scheme[],
): Guard {
  if (adminToken !== undefined) return tokenGuard(secret(adminToken), schemes);
  if (!openAdmin) {
    return () => refusal(403, 'Admin calls are closed: give createHandler() an adminToken');
  }
  return (request) =>
    isCrossSite(request) ? refusal(403, 'Admin calls from other sites are refused') : undefined;
}

/** Open until a token is set: metrics tell of load, and move nothing. */
export function metricsGuard({ metricsToken }: HandlerOptions): Guard {
  return metricsToken === undefined
    ? () => undefined
    : tokenGuard(secret(metricsToken), ['bearer']);
}

function tokenGuard(isRight: Secret, schemes: readonly Scheme[]): Guard {
  return ({ headers }) =>
    isRight(presentedToken(headers, schemes))
      ? undefined
      : refusal(401, 'The token is missing or wrong', { 'www-authenticate': challenge(schemes) });
}
