/**
 * The suites over the sources, or the built package, as files that are imported one by one. One
 * thread: crossing to another is what the other programs do.
 *
 * @module
 */

import process from 'node:process';
import { conform } from '../../conformance/harness.ts';
import type { Assignment } from '../assignment.ts';

// The parent wrote it.
const { task } = JSON.parse(process.argv[2] ?? '') as Assignment;
console.log(JSON.stringify(await conform(task)));
