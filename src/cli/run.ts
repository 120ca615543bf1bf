/**
 * One run of the command line: parse, run, print, and choose the exit code.
 *
 * @module
 */

import process from 'node:process';
import { VERSION } from '../version.ts';
import { type Call, understand } from './arguments.ts';
import { drain } from './commands/drain.ts';
import { waitForEnd } from './commands/end.ts';
import { fleet } from './commands/fleet.ts';
import { probe, wait } from './commands/probe.ts';
import { readOnly } from './commands/readonly.ts';
import { shutdown } from './commands/shutdown.ts';
import { status } from './commands/status.ts';
import { watch } from './commands/watch.ts';
import { CommandError, Exit, type Outcome } from './exit.ts';
import { HELP } from './help.ts';
import { plainJson } from './plain.ts';
import { Terminal } from './terminal.ts';
import { readToken } from './token.ts';

/**
 * Runs a command line.
 *
 * @param words without the runtime and the script
 * @returns the exit code; all that is to be said was said
 */
export async function run(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  if (command === 'run') return runCommand(rest);
  if (command === 'reload' && !rest.includes('--help')) return reloadCommand(rest);
  let call: ReturnType<typeof understand>;
  try {
    call = understand(words);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const terminal = new Terminal(true);
    // As far as an invalid command line can ask for it.
    if (words.includes('--json')) await terminal.print(refusalOf(error));
    else await terminal.complain(`${error.message}\nTry tidegate --help`);
    return error.exit;
  }
  // A watch with --json prints a line of it for each change.
  const terminal = new Terminal(typeof call === 'object' && call.json);
  if (typeof call === 'string') {
    await terminal.print(call === 'help' ? HELP : VERSION);
    return Exit.Ok;
  }
  const interrupt = (): void => {
    terminal.clear();
    process.exit(Exit.Interrupted);
  };
  process.once('SIGINT', interrupt);
  try {
    const outcome = await perform(call, terminal);
    await terminal.print(call.json ? plainJson(outcome.json) : outcome.text);
    return outcome.exit;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (call.json) await terminal.print(refusalOf(error));
    else await terminal.complain(error.message);
    return error.exit;
  }
}

/** `run`, whose own words end where its command begins. Nobody else loads what it needs. */
async function runCommand(words: readonly string[]): Promise<number> {
  const terminal = new Terminal(true);
  const { RUN_HELP, understandRun } = await import('./commands/run.ts');
  try {
    const options = understandRun(words);
    if (options !== 'help') return await (await import('../run/run.ts')).run(options);
    await terminal.print(RUN_HELP);
    return Exit.Ok;
  } catch (error) {
    const isUsage = error instanceof CommandError;
    const hint = isUsage ? '\nTry tidegate run --help' : '';
    await terminal.complain(`${error instanceof Error ? error.message : error}${hint}`);
    return isUsage ? error.exit : Exit.Failed;
  }
}

/** `reload`, which speaks to a process of this machine, and not to a URL. */
async function reloadCommand(words: readonly string[]): Promise<number> {
  const terminal = new Terminal(true);
  const { reload } = await import('./commands/reload.ts');
  try {
    const { exit, text } = await reload(words);
    await terminal.print(text);
    return exit;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await terminal.complain(error.message);
    return error.exit;
  }
}

/** What went wrong, for scripts: a result like any other. */
function refusalOf({ message, exit }: CommandError): string {
  return plainJson({ ok: false, error: message, exit_code: exit });
}

function perform(call: Call, terminal: Terminal): Promise<Outcome> {
  switch (call.command) {
    case 'probe':
      return probe(call);
    case 'wait':
      return call.end === undefined ? wait(call, terminal) : waitForEnd(call, call.end, terminal);
    case 'status':
      return withToken(call, (token) => (call.watch ? watch : status)(call, token, terminal));
    case 'drain':
      return withToken(call, (token) => drain(call, token));
    case 'fleet':
      return withToken(call, (token) => fleet(call, token));
    case 'readonly':
      return withToken(call, (token) => readOnly(call, token));
    case 'shutdown':
      return withToken(call, (token) => shutdown(call, token, terminal));
  }
}

/** Only those calls that need it ever read the token. */
async function withToken(
  { tokenFile }: Call,
  then: (token: string | undefined) => Promise<Outcome>,
): Promise<Outcome> {
  return then(readToken(tokenFile));
}
