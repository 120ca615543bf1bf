#!/usr/bin/env node
/**
 * The program `tidegate`, on Node, Deno and Bun. Importing it runs it.
 *
 * @module
 */

import process from 'node:process';
import { run } from './run.ts';

// A socket that the service keeps open would hold the process until it closes it.
process.exit(await run(process.argv.slice(2)));
