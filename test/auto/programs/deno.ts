import { answer, say } from './answer.js';

interface Served {
  serve(options: object, handler: (request: Request) => unknown): unknown;
}

const { Deno } = globalThis as unknown as { readonly Deno: Served };
const onListen = ({ port }: { readonly port: number }): void => say(port);
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, answer);
