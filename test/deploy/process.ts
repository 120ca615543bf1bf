/**
 * A program that runs, with its output at hand, and a service that is laid out as the examples say:
 * the packed package in `node_modules`, and the service beside it. It asserts nothing.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { folder, install, pack } from '../packages/tarball.ts';
import { FOLDER } from './files.ts';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Why there is nothing to test with, if so. In CI a missing program is a failure, not a skip. */
export function missing(program: string, aPackage: string): string | undefined {
  if (process.env.CI !== undefined) return undefined;
  const isThere = spawnSync(program, ['--version']).error === undefined;
  return isThere ? undefined : `${program} is missing: apt-get install ${aPackage}`;
}

/** A program that runs. */
export class Running {
  readonly pid: number;
  readonly exit: Promise<Exit>;
  output = '';
  readonly #child: ChildProcess;
  #isOver = false;

  constructor(
    [program = '', ...args]: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    // `node` is this one, also where another comes first in the path.
    const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
    this.#child = spawn(program, args, {
      cwd,
      env: { ...process.env, PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.#child.pid ?? 0;
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exit = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        this.#isOver = true;
        resolve({ code, signal });
      });
    });
    // Awaited by who wants to know.
    this.exit.catch(() => {});
  }

  /** Resolves when the output matches; rejects if it ends before. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.#isOver) throw new Error(`It ended before ${pattern}: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Whatever state it is in; a program with children may have to end them first. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.exit.catch(() => {});
  }
}

/** A folder with the service of the examples in it. */
export class Layout {
  readonly path: string;
  /** The name of the packed package in it. */
  readonly tarball: string;
  readonly #remove: () => void;

  private constructor(path: string, tarball: string, remove: () => void) {
    this.path = path;
    this.tarball = tarball;
    this.#remove = remove;
  }

  static async make(): Promise<Layout> {
    const { path, remove } = folder();
    const tarball = await pack(path);
    await install(tarball, path, FOLDER);
    return new Layout(path, basename(tarball.path), remove);
  }

  remove(): void {
    this.#remove();
  }
}
