/**
 * The published modules that it is given, from CommonJS: `require` gives what `import` does, the same
 * classes. It prints what failed, or nothing.
 *
 * @module
 */

const paths = process.argv.slice(2);

async function main() {
  for (const path of paths) {
    const required = require(path);
    const imported = await import(path);
    for (const name of Object.keys(imported)) {
      if (required[name] !== imported[name]) console.log(`${path}: ${name} is another`);
    }
    if (Object.keys(imported).length === 0) console.log(`${path} is empty`);
  }
  const { Lifecycle } = require('tidegate');
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  if (lifecycle.phase() !== 1) console.log('it did not get ready');
}

main();
