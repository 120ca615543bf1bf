/**
 * What a human at the terminal sees: progress, the cold start, the steps of the shutdown. Without a
 * terminal it prints the same in whole lines.
 *
 * @module
 */

import type { ColdStartPhases, PipelineStep, ShutdownReport } from 'tidegate';

const BAR_WIDTH = 30;
const NAME_WIDTH = 18;

/** Shows how far a long part of the boot is. */
export interface Progress {
  /** @param done of `total`, never less than before */
  update(done: number, total: number): void;
}

/** Prints a line. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A bar that is redrawn on a terminal, and four lines elsewhere. */
export function progress(label: string): Progress {
  let told = -1;
  return {
    update(done, total) {
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      const isTerminal = process.stdout.isTTY === true;
      const step = isTerminal ? percent : Math.floor(percent / 25) * 25;
      if (step === told) return;
      told = step;
      const filled = Math.round((percent / 100) * BAR_WIDTH);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
      const line = `  ${label.padEnd(NAME_WIDTH)}${bar} ${String(percent).padStart(3)} %  ${done}/${total}`;
      if (isTerminal) process.stdout.write(`\r${line}${percent === 100 ? '\n' : ''}`);
      else say(line);
    },
  };
}

/** The stages of the boot, each with its time and its part of the whole. */
export function showColdStart(phases: ColdStartPhases): void {
  const durations = phases.durationsMs();
  const total = durations.find(([name]) => name === 'total')?.[1] ?? 0;
  say();
  say('  cold start');
  for (const [name, ms] of durations) {
    const width = total === 0 ? 0 : Math.round((ms / total) * BAR_WIDTH);
    say(`    ${name.padEnd(NAME_WIDTH)}${String(ms).padStart(7)} ms  ${'▇'.repeat(width)}`);
  }
}

/** Where it is, and three things to try. */
export function showAddress(url: string, adminToken: string, isTokenNew: boolean): void {
  const base = url.replace(/\/$/, '');
  const token = isTokenNew ? adminToken : '$TIDEGATE_ADMIN_TOKEN';
  say();
  say(`  listening on ${base}`);
  if (isTokenNew) say(`  admin token, for this run only: ${adminToken}`);
  say();
  say('  try');
  say(`    curl '${base}/search?q=unix+wizard'`);
  say(
    `    curl -X PUT ${base}/documents/hello -d '{"title": "Hello", "text": "A document of mine"}'`,
  );
  say(`    curl -X POST -H "authorization: Bearer ${token}" ${base}/admin/drain`);
  say();
  say('  Ctrl-C drains, flushes, backs up and ends it');
}

/** The step, saying how it ended as it ends; the first one says what this is. */
export function shown(step: PipelineStep, index: number): PipelineStep {
  const { name, run } = step;
  return {
    ...step,
    run: async (context) => {
      if (index === 0) say('\n  shutdown');
      const beganMs = performance.now();
      const tell = (how: string): void => {
        const ms = Math.round(performance.now() - beganMs);
        say(`    ${name.padEnd(NAME_WIDTH)}${String(ms).padStart(7)} ms  ${how}`);
      };
      try {
        const result = await run(context);
        tell(typeof result === 'string' ? `ok, ${result}` : 'ok');
      } catch (error) {
        tell(`failed: ${error instanceof Error ? error.message : String(error)}`);
        throw error;
      }
    },
  };
}

/** How the shutdown ended, as a whole. */
export function showReport(report: ShutdownReport): void {
  const { drained, trigger, steps, durationMs } = report;
  const bad = steps.filter(({ status }) => status !== 'ok' && status !== 'skipped');
  const how = bad.length > 0 ? `not clean: ${bad.map(({ name }) => name).join(', ')}` : 'clean';
  const writes = drained ? 'every write was finished' : 'writes were left when the time was up';
  say(`  stopped after ${durationMs} ms (${trigger ?? 'no trigger'}): ${how}; ${writes}`);
}
