import { answer, say } from './answer.js';

interface Served {
  serve(options: object): { readonly port: number };
}

const { Bun } = globalThis as unknown as { readonly Bun: Served };
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  routes: { '/held': answer },
  fetch: answer,
});
say(server.port);
