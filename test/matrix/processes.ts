/**
 * The rows of Node, Deno and Bun: a process each, on its main thread and in a worker of it; without
 * WebAssembly on Node, without any permission on Deno.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, Missing, Whereabouts } from '../conformance/harness.ts';
import type { Assignment } from './assignment.ts';
import { bundle } from './bundle.ts';
import { type AbsentEngine, type Engine, nodes, oldestNode, pinned } from './engines.ts';
import type { AbsentRow, Claim, Row } from './row.ts';

const ROOT = join(import.meta.dirname, '../..');
const THREADS = ['main', 'worker'] as const;
/** A behaviour that is not over by then hangs; a row, likewise. */
const BEHAVIOUR_MS = 60_000;
const ROW_MS = 300_000;

/** `node --jitless` has no `WebAssembly` at all. */
const NO_WASM: readonly Missing[] = (
  ['wasm on shared memory', 'wasm on unshared memory'] as const
).map((subject) => ({
  subject,
  code: 'wasm_unavailable',
  says: "there is no WebAssembly here; use backend: 'atomics'",
  why: 'node --jitless has no WebAssembly; the row of the same Node without the flag has it',
}));

/** What differs between the rows of one engine. */
interface Kind {
  readonly place: string;
  readonly flags: readonly string[];
  /** From the top of the repository. */
  readonly program: string;
  readonly thread: Assignment['thread'];
  readonly missing?: readonly Missing[];
  readonly hasThreads?: boolean;
}

/** Builds the programs and names the rows. */
export async function processRows(): Promise<(Row | AbsentRow)[]> {
  for (const name of ['node', 'deno', 'bun'] as const) await buildProgram(name);
  await buildFiles();
  return [
    // Without WebAssembly it has nothing that the latest of its line has not.
    ...nodeRows(oldestNode()).filter(({ place }) => !place.includes('--jitless')),
    ...nodes().flatMap(nodeRows),
    ...denoRows(pinned('deno')),
    ...bunRows(pinned('bun')),
  ];
}

function nodeRows(node: Engine | AbsentEngine): (Row | AbsentRow)[] {
  const kinds = THREADS.flatMap((thread): Kind[] => [
    { place: threadName(thread), flags: [], program: PROGRAMS.node, thread },
    {
      place: `--jitless, ${threadName(thread)}`,
      flags: ['--jitless'],
      program: PROGRAMS.node,
      thread,
      missing: NO_WASM,
    },
  ]);
  return kinds.map((kind) =>
    'absent' in node
      ? { runtime: `${node.name} ${node.version}`, place: kind.place, absent: node.absent }
      : rowOf(node, kind),
  );
}

function denoRows(deno: Engine): Row[] {
  const run = (...flags: string[]): string[] => ['run', '--no-prompt', ...flags];
  const kinds = THREADS.flatMap((thread): Kind[] => [
    { place: threadName(thread), flags: run('-A'), program: PROGRAMS.deno, thread },
    {
      place: `no permission, ${threadName(thread)}`,
      flags: run(),
      program: PROGRAMS.deno,
      thread,
    },
  ]);
  // As files that are imported one by one: the others are bundles.
  const files = { 'the sources': FILES.sources, 'the built files': FILES.built };
  const imported = Object.entries(files).map(
    ([name, program]): Kind => ({
      place: `no permission, ${name}`,
      flags: run(),
      program,
      thread: 'main',
      hasThreads: false,
    }),
  );
  return [...kinds, ...imported].map((kind) => rowOf(deno, kind));
}

function bunRows(bun: Engine): Row[] {
  return THREADS.map((thread) =>
    rowOf(bun, { place: threadName(thread), flags: [], program: PROGRAMS.bun, thread }),
  );
}

function rowOf(engine: Engine, kind: Kind): Row {
  const { place, flags, program, thread, missing = [], hasThreads = true } = kind;
  const assignment: Assignment = { thread, task: { missing, timeoutMs: BEHAVIOUR_MS } };
  return {
    runtime: `${engine.name} ${engine.version}`,
    place,
    assignment,
    hasThreads,
    where: (where) => claims(engine, thread, missing, where),
    run: () => start(engine.program, [...flags, program, JSON.stringify(assignment)]),
  };
}

function claims(
  { name, version }: Engine,
  thread: Assignment['thread'],
  missing: readonly Missing[],
  { versions, scope, crossOriginIsolated, hasWebAssembly, hasSharedArrayBuffer }: Whereabouts,
): Claim[] {
  const others = ['deno', 'bun'].filter((other) => other !== name);
  const found: Claim[] = [
    [`the version of ${name}`, versions[name], version],
    ['no other runtime', others.filter((other) => other in versions), []],
    ['WebAssembly', hasWebAssembly, missing.length === 0],
    ['SharedArrayBuffer', hasSharedArrayBuffer, true],
    ['no page', crossOriginIsolated, null],
  ];
  // The others have one class of global object for both.
  const scopes = { main: 'Window', worker: 'DedicatedWorkerGlobalScope' };
  if (name === 'deno') found.push(['the thread', scope, scopes[thread]]);
  return found;
}

function threadName(thread: Assignment['thread']): string {
  return thread === 'main' ? 'main thread' : 'worker';
}

const PROGRAMS = {
  node: 'build/matrix/node/main.mjs',
  deno: 'build/matrix/deno/main.mjs',
  bun: 'build/matrix/bun/main.mjs',
} as const;

/** One thread on the package as it lies there: Deno reads TypeScript, and imports by path. */
const FILES = {
  sources: 'test/matrix/program/files.ts',
  built: 'build/matrix/deno/files.mjs',
} as const;

async function buildFiles(): Promise<void> {
  const what = { entry: FILES.sources, outfile: FILES.built, conditions: ['deno'] };
  await bundle({ ...what, external: ['node:*'], isPackageBeside: true });
}

async function buildProgram(name: Engine['name']): Promise<void> {
  const worker = `build/matrix/${name}/worker.mjs`;
  const conditions = [name];
  const external = ['node:*'];
  const entry = 'test/matrix/program/process-worker.ts';
  await bundle({ entry, outfile: worker, conditions, external });
  const text = name === 'deno' ? readFileSync(join(ROOT, worker), 'utf8') : '';
  await bundle({
    entry: 'test/matrix/program/process.ts',
    outfile: PROGRAMS[name],
    conditions,
    external,
    options: { define: { WORKER_PROGRAM: JSON.stringify(text) } },
  });
}

/**
 * Runs a process until it has said its account, a line of JSON. It is not waited for after that: a
 * step of a host that was declared dead, as one behaviour has it, holds its timer to the end.
 */
function start(program: string, args: readonly string[]): Promise<Account> {
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), ROW_MS);
  const said = { stdout: '', stderr: '' };
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
      const [, account] = /^(\{.*\})\n/m.exec(said.stdout) ?? [];
      if (account === undefined) return;
      resolve(JSON.parse(account) as Account);
      child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`It ended with ${code ?? signal}: ${said.stderr.slice(-2_000)}`));
    });
  });
}
