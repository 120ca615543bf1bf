/**
 * Which service is meant: the URL of a command line, checked, and its paths. It sends nothing.
 *
 * @module
 */

import { CommandError, Exit } from './exit.ts';

/** What can be probed or waited for, and where the service answers it. */
export const PROBES = Object.freeze({
  live: '/health/live',
  startup: '/health/startup',
  ready: '/health/ready',
  'ready/write': '/health/ready/write',
} as const);

/** A key of {@link PROBES}. */
export type ProbeKind = keyof typeof PROBES;

/** A service. */
export interface Target {
  /** What its paths are appended to; no slash at its end. */
  readonly base: string;
  /** The probe that the URL itself names, as in `http://localhost:8080/health/live`. */
  readonly probe: ProbeKind | undefined;
}

/** True for what `--for` takes. */
export function isProbeKind(text: string): text is ProbeKind {
  return Object.hasOwn(PROBES, text);
}

/**
 * Checks a URL, which may be that of the service or that of one of its probes.
 *
 * @throws {CommandError} `Usage`; the message shows nothing that could be a secret
 */
export function targetOf(text: string): Target {
  const isUrl = /^https?:\/\//i.test(text) && URL.canParse(text);
  if (!isUrl) throw usage('Invalid URL: expected http:// or https:// and a host');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw usage(
      'The URL has a user or a password: every user of this machine can read it in the list of ' +
        'processes. Give the token by TIDEGATE_ADMIN_TOKEN or --token-file',
    );
  }
  if (/[?#]/.test(text)) throw usage('The URL has a query or a fragment, and the calls have none');
  const path = url.pathname.replace(/\/+$/, '');
  const named = Object.entries(PROBES).find(([, suffix]) => path.endsWith(suffix));
  const prefix = named === undefined ? path : path.slice(0, -named[1].length);
  return { base: url.origin + prefix, probe: named?.[0] as ProbeKind | undefined };
}

function usage(message: string): CommandError {
  return new CommandError(Exit.Usage, message);
}
