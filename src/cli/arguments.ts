/**
 * The command line, understood. It runs nothing, and what it says of a mistake never repeats a
 * value: it might be a secret in the wrong place.
 *
 * @module
 */

import { type ParseArgsConfig, parseArgs } from 'node:util';
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
} as const);

/** The name of a command. */
export type CommandName = keyof typeof TIMEOUTS_MS;

/** One call of a command. */
export interface Call {
  readonly command: CommandName;
  readonly target: Target;
  readonly probe: ProbeKind;
  readonly timeoutMs: number;
  readonly tokenFile: string | undefined;
  readonly json: boolean;
}

const OPTIONS = {
  for: { type: 'string' },
  timeout: { type: 'string' },
  'token-file': { type: 'string' },
  token: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const satisfies ParseArgsConfig['options'];

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Options that only some commands have. */
const ONLY: Readonly<Partial<Record<keyof Values, readonly CommandName[]>>> = {
  for: ['probe', 'wait'],
  'token-file': ['status', 'drain', 'shutdown'],
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
  const [command, url, ...others] = positionals;
  if (command === undefined) throw usage('No command');
  if (!isCommand(command)) {
    throw usage(`Unknown command; there are ${Object.keys(TIMEOUTS_MS).join(', ')}`);
  }
  if (url === undefined) throw usage(`${command} needs the URL of a service`);
  if (others.length > 0) throw usage(`${command} takes one URL and no more`);
  for (const [option, commands] of Object.entries(ONLY)) {
    const isGiven = values[option as keyof Values] !== undefined;
    if (isGiven && !commands.includes(command)) throw usage(`${command} has no --${option}`);
  }
  const target = targetOf(url);
  return {
    command,
    target,
    probe: probeOf(values.for, target, command),
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
    throw usage(`Unknown option ${name}`);
  }
}

function isCommand(text: string): text is CommandName {
  return Object.hasOwn(TIMEOUTS_MS, text);
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = durationMs(text);
  if (ms === undefined) throw usage('--timeout is none: it is written 500ms, 30s, 2m or 1h');
  return ms;
}

/** Said twice, by the option and by the URL, it must be the same. */
function probeOf(wanted: string | undefined, target: Target, command: CommandName): ProbeKind {
  if (wanted !== undefined && !isProbeKind(wanted)) {
    throw usage(`--for is none of ${Object.keys(PROBES).join(', ')}`);
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
