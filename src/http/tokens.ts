/**
 * Tokens that an application passes: refuses what cannot be one, and reads one that is a function
 * at each request. The token of a client is compared elsewhere.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { presentedToken, type Secret, secret } from './authorization.ts';
import { given } from './given.ts';

/**
 * Whose token it is: a name, or `null` for nobody's. `undefined` if there is no token at the moment, and
 * nobody may be let in.
 */
export type Current = (presented: string) => string | null | undefined;

/** A token, or a function that gives one. */
export type Token = string | (() => unknown);

/** Why a value cannot be a token, in words that do not show it: it may be a secret of another type. */
export function faultOf(token: unknown): string | undefined {
  if (token === '') return 'is empty';
  if (typeof token !== 'string') return 'is not a string';
  return canBeShown(token) ? undefined : 'has a blank at an end, or what no header can carry';
}

/**
 * Compares with all of them, whichever is right, so that the time tells nothing. Of one that a function
 * gives and that cannot be had, the others are still good.
 */
export function currentSecrets(
  lifecycle: Lifecycle,
  tokens: readonly (readonly [name: string, token: Token])[],
): Current {
  const all = tokens.map(([name, token]) => [name, currentSecret(lifecycle, name, token)] as const);
  return (presented) => {
    let by: string | null | undefined;
    for (const [name, current] of all) {
      const isRight = current();
      if (isRight === undefined) continue;
      by = isRight(presented) ? name : (by ?? null);
    }
    return by;
  };
}

/**
 * The secret of a token, or of a function that gives one, which is called at each request, so that what it
 * reads can be rotated. Where it throws, or gives what cannot be a token, nobody is let in.
 *
 * @param token not at fault, if it is a string
 */
function currentSecret(lifecycle: Lifecycle, name: string, token: Token): () => Secret | undefined {
  if (typeof token === 'string') {
    const fixed = secret(token);
    return () => fixed;
  }
  return given(lifecycle, 'token_failed', `token ${name}`, token, (value) => {
    const fault = faultOf(value);
    if (fault !== undefined) throw new TypeError(`The token ${fault}`);
    return secret(value as string);
  });
}

/** A token read from a file often ends in a newline: nobody could ever be let in with that. */
function canBeShown(token: string): boolean {
  try {
    const headers = new Headers({ authorization: `Bearer ${token}` });
    return presentedToken(headers, ['bearer']) === token;
  } catch {
    return false;
  }
}
