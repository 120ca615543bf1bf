/**
 * A recipe with a journal of its own, for the time of a test.
 *
 * @module
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Recipe, Running } from './recipe.ts';

/** Starts recipes, and ends with them. */
export class Journal {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'tidegate-recipe-'));
  readonly #path: string = join(this.#folder, 'journal');
  readonly #started: Running[] = [];

  /** Resolves when it listens. */
  async start(recipe: Recipe, env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const running = new Running(recipe, { PORT: '0', JOURNAL: this.#path, ...env });
    this.#started.push(running);
    await running.port;
    return running;
  }

  /** What was flushed. */
  get notes(): string[] {
    if (!existsSync(this.#path)) return [];
    return readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
  }

  async end(): Promise<void> {
    for (const running of this.#started) await running.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
