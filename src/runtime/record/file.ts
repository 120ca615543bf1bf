/**
 * A record in a file: replaced as a whole at the boot, then appended to. What is in it is `lines.ts`.
 *
 * All of it is synchronous: what is written is the kernel's when the call returns, so a process that
 * is killed in the middle of a step, or whose loop is blocked by one, has left the line that says so. A
 * line takes some 10 µs on a local disk. Lines are not synced to the disk one by one: they outlive the
 * process, and of a power cut what the system had written out.
 *
 * @module
 */

import { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Kept } from './kept.ts';

/** Far more than a run writes. */
const LONGEST_BYTES = 256 * 1024;
/** What an application says goes wrong may be nobody else's business. */
const MODE = 0o600;

/** The file of one run. */
export class RecordFile implements Kept {
  readonly path: string;
  #file: number | undefined;
  /** A line was cut, so that the next one has to begin a new one. */
  #isCut = false;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** What the previous run has left; `null` if there is no record. Never waits: it opens no pipe. */
  read(): string | null {
    let file: number;
    try {
      // 0 on Windows, which has no such pipes.
      file = fs.openSync(this.path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      const { size } = mustBeFile(fs.fstatSync(file));
      const bytes = Buffer.alloc(Math.min(size, LONGEST_BYTES));
      const length = fs.readSync(file, bytes, 0, bytes.length, 0);
      return bytes.toString('utf8', 0, length);
    } finally {
      fs.closeSync(file);
    }
  }

  /** Appends the line; or, as long as that has not worked, replaces the file by all there is. */
  write(all: string, line: string): void {
    if (this.#file === undefined) this.#file = this.#replace(all);
    else this.#append(this.#file, line);
  }

  /** There is nothing to wait for. */
  settled(): undefined {
    return undefined;
  }

  /** No line follows. */
  close(): void {
    if (this.#file !== undefined) fs.closeSync(this.#file);
    this.#file = undefined;
  }

  /** In one step, so that either run's record is there whatever happens; also after a power cut. */
  #replace(all: string): number {
    const stat = fs.lstatSync(this.path, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isSymbolicLink()) mustBeFile(stat);
    const fresh = `${this.path}.${process.pid}.tmp`;
    // What an earlier process of this number has left, or somebody has put there.
    fs.rmSync(fresh, { force: true });
    const file = fs.openSync(fresh, 'ax', MODE);
    try {
      this.#append(file, all);
      fs.fsyncSync(file);
      fs.renameSync(fresh, this.path);
      return file;
    } catch (error) {
      fs.closeSync(file);
      fs.rmSync(fresh, { force: true });
      this.#isCut = false;
      throw error;
    }
  }

  #append(file: number, text: string): void {
    const bytes = Buffer.from(this.#isCut ? `\n${text}` : text);
    this.#isCut = true;
    const written = fs.writeSync(file, bytes);
    if (written < bytes.length) {
      throw new Error(`only ${written} of ${bytes.length} bytes were written: the disk is full`);
    }
    this.#isCut = false;
  }
}

/** A device or a pipe would take what is written, and give it back to nobody. */
function mustBeFile<T extends { isFile(): boolean }>(stat: T): T {
  if (!stat.isFile()) throw new Error('it is not a file');
  return stat;
}
