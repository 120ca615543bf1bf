/**
 * Parses the command line. It runs nothing, and a message about a mistake never repeats a value,
 * which might be a secret in the wrong place.
 *
 * @module
 */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from '../lifecycle/known-keys.ts';
import { durationMs } from './duration.ts';
import { CommandError, Exit } from './exit.ts';
import { isProbeKind, PROBES, type ProbeKind, type Target, targetOf } from './target.ts';

/** The commands, each with the time it has if none is given, in milliseconds. */
const TIMEOUTS_MS = Object.freeze({
  probe: 5_000,
  wait: 30_000,
  status: 5_000,
  drain: 5_000,
  // Longer than the default budget of a shutdown.
  shutdown: 60_000,
  readonly: 5_000,
  fleet: 5_000,
} as const);

/** The name of a command. */
export type CommandName = keyof typeof TIMEOUTS_MS;

/** What `wait` can wait for besides a probe. */
export const ENDS = Object.freeze(['draining', 'stopped'] as const);

/** One of {@link ENDS}. */
export type End = (typeof ENDS)[number];

/** What `fleet` can do. */
export const FLEET_CALLS = Object.freeze(['status', 'drain', 'shutdown'] as const);

/** One of {@link FLEET_CALLS}. */
export type FleetCall = (typeof FLEET_CALLS)[number];

/** One call of a command. */
export interface Call {
  readonly command: CommandName;
  readonly target: Target;
  readonly probe: ProbeKind;
  /** Of `wait`: an end of the process rather than a probe. */
  readonly end: End | undefined;
  /** Of `readonly`: whether writes are refused from now on. */
  readonly isOn: boolean;
  /** Of `fleet`: what is to be done. */
  readonly fleet: FleetCall;
  /** Of `fleet drain` and `fleet shutdown`: which deployment; by default the newest. */
  readonly deployment: string | undefined;
  /** Of `status`: again and again. */
  readonly watch: boolean;
  readonly timeoutMs: number;
  readonly tokenFile: string | undefined;
  readonly json: boolean;
}

const OPTIONS = {
  for: { type: 'string' },
  timeout: { type: 'string' },
  'token-file': { type: 'string' },
  token: { type: 'string' },
  deployment: { type: 'string' },
  watch: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const satisfies ParseArgsConfig['options'];

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Options that only some commands have. */
const ONLY: Readonly<Partial<Record<keyof Values, readonly CommandName[]>>> = {
  for: ['probe', 'wait'],
  watch: ['status'],
  deployment: ['fleet'],
  'token-file': ['status', 'drain', 'shutdown', 'readonly', 'fleet'],
};

/**
 * Understands a command line.
 *
 * @param words without the runtime and the script
 * @throws {CommandError} `Usage`
 */
export function understand(words: readonly string[]): Call | 'help' | 'version' {
  // Before anything is parsed: `--token` without a value must get this answer as well.
  if (words.some((word) => /^--?token(=|$)/.test(word))) {
    throw usage(
      'A token is not taken from the command line, where every user of this machine can read it ' +
        'in the list of processes. Give it by TIDEGATE_ADMIN_TOKEN or --token-file, and change ' +
        'the one that was shown',
    );
  }
  const { values, positionals } = parsed(words);
  if (values.help === true) return 'help';
  if (values.version === true) return 'version';
  const [command, ...rest] = positionals;
  if (command === undefined) throw usage('No command');
  if (!isCommand(command)) {
    const names = [...Object.keys(TIMEOUTS_MS), 'run', 'reload'];
    throw usage(`Unknown command; there are ${names.join(', ')}${hint(command, names)}`);
  }
  const isOn = command === 'readonly' && takeSwitch(rest);
  const fleet = command === 'fleet' ? takeFleetCall(rest) : 'status';
  const [url, ...others] = rest;
  if (url === undefined) throw usage(`${command} needs the URL of a service`);
  if (others.length > 0) throw usage(`${command} takes one URL and no more`);
  for (const [option, commands] of Object.entries(ONLY)) {
    const isGiven = values[option as keyof Values] !== undefined;
    if (isGiven && !commands.includes(command)) throw usage(`${command} has no --${option}`);
  }
  if (command === 'fleet' && fleet === 'status' && values.deployment !== undefined) {
    throw usage('fleet status has no --deployment');
  }
  const target = targetOf(url);
  const end = command === 'wait' ? ENDS.find((each) => each === values.for) : undefined;
  return {
    command,
    target,
    end,
    probe: end === undefined ? probeOf(values.for, target, command) : 'startup',
    isOn,
    fleet,
    deployment: values.deployment,
    watch: values.watch === true,
    timeoutMs: timeoutOf(values.timeout) ?? TIMEOUTS_MS[command],
    tokenFile: values['token-file'],
    json: values.json === true,
  };
}

function parsed(words: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    // parseArgs names the option of which it speaks; the names of ours are no secret.
    const name = /'(?:-\w, )?(--[\w-]+|-\w)/.exec(String(error))?.[1] ?? 'an option';
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
      const { type } = OPTIONS[name.slice(2) as keyof typeof OPTIONS] ?? {};
      throw usage(type === 'string' ? `${name} needs a value` : `${name} takes no value`);
    }
    throw usage(`Unknown option ${name}${hint(name, Object.keys(OPTIONS), '--')}`);
  }
}

/** The nearest name, without a word of what was written. */
function hint(wrong: string, names: readonly string[], prefix = ''): string {
  const near = nearest(
    wrong,
    names.filter((name) => name !== 'token'),
  );
  return `; did you mean ${prefix}${near}?`;
}

/** Takes the `on` or `off` out of the words, before the URL or behind it. */
function takeSwitch(words: string[]): boolean {
  const at = words.findIndex((word) => word === 'on' || word === 'off');
  if (at < 0) throw usage('readonly needs on or off, as in readonly on URL');
  const [word] = words.splice(at, 1);
  return word === 'on';
}

/** Takes what is to be done out of the words, before the URL or behind it. */
function takeFleetCall(words: string[]): FleetCall {
  const call = FLEET_CALLS.find((each) => words.includes(each));
  if (call === undefined) {
    throw usage('fleet needs status, drain or shutdown, as in fleet drain URL');
  }
  words.splice(words.indexOf(call), 1);
  return call;
}

function isCommand(text: string): text is CommandName {
  return Object.hasOwn(TIMEOUTS_MS, text);
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = durationMs(text);
  if (ms === undefined) throw usage('Invalid --timeout: use 500ms, 30s, 2m or 1h');
  return ms;
}

/** Said twice, by the option and by the URL, it must be the same. */
function probeOf(wanted: string | undefined, target: Target, command: CommandName): ProbeKind {
  if (wanted !== undefined && !isProbeKind(wanted)) {
    const names = [...Object.keys(PROBES), ...(command === 'wait' ? ENDS : [])];
    throw usage(`Invalid --for: use ${names.join(', ')}${hint(wanted, names)}`);
  }
  const named = ONLY.for?.includes(command) ? target.probe : undefined;
  if (wanted !== undefined && named !== undefined && wanted !== named) {
    throw usage(`--for ${wanted} and the URL, which is that of ${named}, differ`);
  }
  return wanted ?? named ?? 'ready';
}

function usage(message: string): CommandError {
  return new CommandError(Exit.Usage, message);
}
