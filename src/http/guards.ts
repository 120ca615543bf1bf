/**
 * The guards of the admin calls and of the metrics, by the options of the handler. A guard refuses
 * with an answer or lets the request pass; it does not know what the request is for.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest } from '../lifecycle/platform.ts';
import type { Act } from './audit.ts';
import { challenge, isCrossSite, isOwnPage, presentedToken, type Scheme } from './authorization.ts';
import type { HandlerOptions } from './options.ts';
import { type Answer, refusal } from './respond.ts';
import { runtimeName } from './runtime-name.ts';
import { type Current, currentSecrets } from './tokens.ts';

/** Refuses, or lets through with `undefined`, and notes whose token it was. */
export type Guard = (request: WebRequest, act?: Act) => Answer | undefined;

/** Who may make admin calls. */
export interface AdminGuards {
  readonly mayPost: Guard;
  readonly mayRead: Guard;
}

/**
 * Reading is also open to a browser, which asks its user for a name and a password. It sends them with
 * whatever it then sends, so a call counts with them only if the page's own script makes it.
 */
export function adminGuards(lifecycle: Lifecycle, options: HandlerOptions): AdminGuards {
  const { adminToken, adminTokens, openAdmin = false } = options;
  const tokens = Object.entries(adminTokens ?? {});
  if (adminToken !== undefined) tokens.push(['adminToken', adminToken]);
  if (tokens.length > 0) {
    const current = currentSecrets(lifecycle, tokens);
    return {
      mayPost: tokenGuard(current, ['bearer'], isOwnPage),
      mayRead: tokenGuard(current, ['basic', 'bearer']),
    };
  }
  const guard = openAdmin ? siteGuard : closedGuard;
  return { mayPost: guard, mayRead: guard };
}

/** Open until a token is set: metrics tell of load, and move nothing. */
export function metricsGuard(lifecycle: Lifecycle, { metricsToken }: HandlerOptions): Guard {
  if (metricsToken === undefined) return () => undefined;
  return tokenGuard(currentSecrets(lifecycle, [['metricsToken', metricsToken]]), ['bearer']);
}

/** Closed until a token is set. */
const closedGuard: Guard = () =>
  refusal(403, `Admin calls are closed: give createHandler() an adminToken${howToSet()}`);

/** Opened by the application; never to another site. */
const siteGuard: Guard = (request) =>
  isCrossSite(request) ? refusal(403, 'Admin calls from other sites are refused') : undefined;

/** Where a secret that the code does name is most often missing from the environment. */
function howToSet(): string {
  if (runtimeName() !== 'workerd') return '';
  return '. Set its secret in .dev.vars for wrangler dev, and with wrangler secret put for a deployment';
}

/** @param takesBasic whether a request may show the token as a password, too */
function tokenGuard(
  current: Current,
  schemes: readonly Scheme[],
  takesBasic: (request: WebRequest) => boolean = () => false,
): Guard {
  return (request, act) => {
    const accepted = takesBasic(request) ? ([...schemes, 'basic'] as const) : schemes;
    const by = current(presentedToken(request.headers, accepted));
    if (by === undefined) {
      return refusal(403, 'Admin calls are closed: adminToken gives no token at the moment');
    }
    if (act !== undefined) act.by = by;
    return by !== null
      ? undefined
      : refusal(401, 'The token is missing or wrong', { 'www-authenticate': challenge(schemes) });
  };
}
