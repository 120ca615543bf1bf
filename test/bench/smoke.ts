/**
 * Runs the body of every case in every variant once, on the runtime that it is started with, and
 * says which of them left nothing behind. It measures nothing.
 *
 * @module
 */

import { primitives } from '../../bench/cases/primitives.ts';
import { kept, kept64, sink } from '../../bench/cases/sink.ts';
import { calls } from '../../bench/cases/with-both.ts';
import { engine } from '../../bench/program/engine.ts';

const NOTHING = -7_777;
const ran: string[] = [];
const unsunk: string[] = [];

for (const found of [...primitives, ...calls]) {
  for (const variant of found.variants) {
    const body = found.make(variant);
    kept[0] = NOTHING;
    kept64[0] = BigInt(NOTHING);
    sink.value = NOTHING;
    await body();
    ran.push(`${found.name} (${variant})`);
    const changed = kept[0] !== NOTHING || kept64[0] !== BigInt(NOTHING) || sink.value !== NOTHING;
    if (!changed) unsunk.push(`${found.name} (${variant})`);
    // Twice more, in case the first left something that the second stumbles over.
    await body();
    await body();
  }
}
console.log(JSON.stringify({ ...engine(), ran, unsunk }));
process.exit(0);
