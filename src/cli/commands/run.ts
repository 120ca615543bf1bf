/**
 * `run`: its own command line, since all from the command on is not ours. What it does is in `src/run`.
 *
 * @module
 */

import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { nearest } from '../../lifecycle/known-keys.ts';
import type { Place, RunOptions } from '../../run/run.ts';
import { durationMs } from '../duration.ts';
import { CommandError, Exit } from '../exit.ts';

const OPTIONS = {
  instances: { type: 'string' },
  grace: { type: 'string' },
  restart: { type: 'boolean' },
  listen: { type: 'string', multiple: true },
  ready: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A machine has fewer processors, and a typing error more digits. */
const INSTANCES_MAX = 256;
const GRACE_MS = 30_000;
const READY_MS = 60_000;
const PORT_MAX = 65_535;

/** `tidegate run --help`. */
export const RUN_HELP: string = `tidegate run: runs a command and makes sure that it exits

Usage
  tidegate run [options] [--] COMMAND [ARGUMENTS…]

Options
  --instances N  how many instances to run side by side (default 1)
  --grace TIME   how long they have to exit once asked, before SIGKILL:
                 500ms, 30s, 2m, 1h (default 30s)
  --restart      restarts a crashed instance, after 100 ms, 200 ms, … 10 s;
                 gives up after 10 crashes in a row
  --listen PORT  opens PORT, or HOST:PORT, and hands the socket to the
                 command, whose serve() on that port uses it (Node only);
                 may be repeated
  --ready TIME   how long a reload waits for new instances to become ready
                 (default 60s)
  -h, --help     this text

SIGHUP, or tidegate reload [PID], starts new instances; when they
are ready, the old ones end. SIGTERM, SIGINT and SIGQUIT ask the command to
end; a second one is passed on.

Exit codes
  that of the command; 128 + the number of the signal that ended it;
  with several instances the first that is not 0
  2              the command line is wrong
  126, 127       the command cannot be run, or is not there`;

/**
 * Understands the words behind `run`.
 *
 * @throws {CommandError} `Usage`
 */
export function understandRun(words: readonly string[]): RunOptions | 'help' {
  const { options, command } = split(words);
  const values = parsed(options);
  if (values.help === true) return 'help';
  const [program, ...args] = command;
  if (program === undefined) throw usage('run needs a command, as in run -- node service.js');
  const { instances = '1', grace } = values;
  const count = /^\d{1,3}$/.test(instances) ? Number(instances) : 0;
  if (count < 1 || count > INSTANCES_MAX) {
    throw usage(`Invalid --instances: use a number from 1 to ${INSTANCES_MAX}`);
  }
  const graceMs = grace === undefined ? GRACE_MS : durationMs(grace);
  if (graceMs === undefined) throw usage('Invalid --grace: use 500ms, 30s, 2m or 1h');
  const readyMs = values.ready === undefined ? READY_MS : durationMs(values.ready);
  if (readyMs === undefined) throw usage('Invalid --ready: use 500ms, 30s, 2m or 1h');
  return {
    command: [program, ...args],
    instances: count,
    graceMs,
    restarts: values.restart === true,
    listen: (values.listen ?? []).map(placeOf),
    readyMs,
  };
}

function placeOf(text: string): Place {
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[([\da-fA-F:.]+)\]|([\d.]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const hostname = bracketed ?? plain;
  const isPlace = port > 0 && port <= PORT_MAX && (hostname === undefined || isIP(hostname) > 0);
  if (!isPlace) throw usage('Invalid --listen: use 8080, 127.0.0.1:8080 or [::1]:8080');
  return { hostname, port };
}

/** At `--`, or at the first word that is neither an option nor the value of one. */
function split(words: readonly string[]): { options: string[]; command: readonly string[] } {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return { options: words.slice(0, i), command: words.slice(i + 1) };
    if (!word.startsWith('-')) return { options: words.slice(0, i), command: words.slice(i) };
    const option = OPTIONS[word.slice(2) as keyof typeof OPTIONS];
    if (option?.type === 'string') i += 1;
  }
  return { options: [...words], command: [] };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    const name = /'(?:-\w, )?(--[\w-]+|-\w)/.exec(String(error))?.[1] ?? 'an option';
    if ((error as { code?: unknown }).code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
      const { type } = OPTIONS[name.slice(2) as keyof typeof OPTIONS] ?? {};
      throw usage(type === 'string' ? `${name} needs a value` : `${name} takes no value`);
    }
    throw usage(`Unknown option ${name}; did you mean --${nearest(name, Object.keys(OPTIONS))}?`);
  }
}

function usage(message: string): CommandError {
  return new CommandError(Exit.Usage, message);
}
