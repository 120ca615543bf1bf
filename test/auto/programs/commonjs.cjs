const { createServer } = require('node:http');
const { setImmediate } = require('node:timers');

const { released, say } = (() => {
  const held = new Set();
  process.on('SIGUSR2', () => {
    for (const end of held) end();
  });
  return {
    released: () => {
      console.log('held');
      return new Promise((resolve) => held.add(resolve));
    },
    say: (port) => console.log(`listening on ${port} as ${process.pid}`),
  };
})();

const server = createServer(async (req, res) => {
  if (req.url === '/held') await released();
  res.end(`${req.method} ${req.url}`);
});
setImmediate(() => server.listen(0, '127.0.0.1', () => say(server.address().port)));
