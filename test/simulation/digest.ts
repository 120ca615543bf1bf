/**
 * A program for each runtime: lives some lives, and prints the number of their time lines. The built
 * library is in the file that its first argument names.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { libraryOf } from './library.ts';
import { planOf } from './plan.ts';
import { digest } from './timeline.ts';
import { live } from './world.ts';

const [file = '', first = '', count = ''] = process.argv.slice(2);
const library = libraryOf(readFileSync(file, 'utf8'));
const seeds = Array.from({ length: Number(count) }, (_, index) => Number(first) + index);
console.log(digest(seeds.map((seed) => live(planOf(seed), library).trace)));
