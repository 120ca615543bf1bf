/**
 * `npm run release:check`: what a release needs and a build does not. It says what to set, and changes
 * nothing. `npm publish` runs it first.
 *
 * The registry refuses a package with provenance whose `repository` is not the one that the publishing
 * job runs in, and the relative links of the README resolve against it on npmjs.com.
 *
 * @module
 * @see https://docs.npmjs.com/generating-provenance-statements
 */

import { readFileSync } from 'node:fs';

const [, , path = 'package.json'] = process.argv;
const { repository } = JSON.parse(readFileSync(path, 'utf8'));
const url = typeof repository === 'string' ? repository : repository?.url;

if (typeof url === 'string' && url !== '') {
  console.log(`release:check: repository is ${url}`);
} else {
  console.error(
    `Cannot release: ${path} must have "repository", got ${JSON.stringify(repository)}\n` +
      'Set it to the repository that the publishing job runs in:\n' +
      '  "repository": { "type": "git", "url": "git+https://github.com/OWNER/REPOSITORY.git" }',
  );
  process.exitCode = 1;
}
