/**
 * Uses the published paths that it is given, by name, and prints what came of each as JSON, with the
 * file that the runtime took for it.
 *
 * @module
 */

import { reads, uses } from './uses.js';

const outcomes = {};
for (const path of process.argv.slice(2)) {
  const url = import.meta.resolve(path);
  const file = url.replace(/^.*\/node_modules\/tidegate\//, '');
  const outcome = path in uses ? await uses[path](await import(path)) : await reads[path](url);
  outcomes[path] = { file, outcome };
}
console.log(JSON.stringify(outcomes));
