/**
 * The suites over the sources themselves, unbundled, for Deno, which reads TypeScript. One thread:
 * crossing to another is what the other programs do.
 *
 * @module
 */

import process from 'node:process';
import { conform } from '../../conformance/harness.ts';
import type { Assignment } from '../assignment.ts';

// The parent wrote it.
const { task } = JSON.parse(process.argv[2] ?? '') as Assignment;
console.log(JSON.stringify(await conform(task)));
