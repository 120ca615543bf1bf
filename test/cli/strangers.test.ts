/**
 * The command line against what is not a service of this library, or is not there: no answer, half
 * an answer, another's answer. Real sockets, on Node, Deno and Bun.
 *
 * @module
 */

import { afterEach, describe, expect, it } from 'vitest';
import { RUNTIMES } from '../runtime/program.ts';
import { run, TOKEN } from './command.ts';
import { type Behaviour, freePort, http, Stranger } from './stranger.ts';

const strangers: Stranger[] = [];

async function listen(behaviour: Behaviour): Promise<Stranger> {
  const stranger = await Stranger.listen(behaviour);
  strangers.push(stranger);
  return stranger;
}

afterEach(async () => {
  await Promise.all(strangers.splice(0).map((stranger) => stranger.close()));
});

const READY = JSON.stringify({ probe: 'ready', status: 'ready', phase: 'ready' });

/** What is answered, and what is said of it. */
const STRANGE: readonly [what: string, behaviour: Behaviour, said: RegExp][] = [
  ['a page', { bytes: http('200 OK', '<h1>Welcome</h1>') }, /answers 200 with what is no JSON/],
  ['other JSON', { bytes: http('200 OK', '{"status":"UP"}') }, /200 with JSON that tidegate never/],
  [
    'an unknown phase',
    { bytes: http('200 OK', READY.replace('"ready"}', '"up"}')) },
    /never sends/,
  ],
  ['404', { bytes: http('404 Not Found', READY) }, /answers 404/],
  ['502', { bytes: http('502 Bad Gateway', '') }, /answers 502/],
  [
    'a body that is cut',
    { bytes: http('200 OK', READY).slice(0, -5), end: true },
    /cut|aborted|reset|closed|end/i,
  ],
  ['no HTTP', { bytes: 'SSH-2.0-OpenSSH_9.2\r\n', end: true }, /Cannot reach/],
  ['an end without a word', { end: true }, /Cannot reach/],
  [
    'a body without end',
    { bytes: 'HTTP/1.1 200 OK\r\n\r\n', drip: ' '.repeat(65536) },
    /does not end/,
  ],
];

describe.each(RUNTIMES)('on %s', (runtime) => {
  it.each(STRANGE)('%s makes exit code 3', async (_what, behaviour, said) => {
    const { url } = await listen(behaviour);
    const probed = await run(runtime, ['probe', url]);
    expect(probed).toMatchObject({ code: 3, stdout: '' });
    expect(probed.stderr).toMatch(said);
    // One line, whatever it is.
    expect(probed.stderr.split('\n')).toHaveLength(2);
    expect((await run(runtime, ['status', url])).code).toBe(3);
  });

  it('a refused connection makes exit code 3 for every command', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    for (const command of ['probe', 'status', 'drain', 'shutdown']) {
      const { code, stderr } = await run(runtime, [command, url]);
      expect([command, code]).toEqual([command, 3]);
      expect(stderr).toMatch(/^tidegate: Cannot reach .*: the connection is refused\n$/);
    }
  });

  it('https to a server that speaks none is said in words, not in those of OpenSSL', async () => {
    const { url } = await listen({ bytes: http('400 Bad Request', ''), end: true });
    const { code, stderr } = await run(runtime, ['probe', url.replace('http:', 'https:')]);
    expect(code).toBe(3);
    // Deno asks for a permission first, which the command was not given.
    const said = {
      node: /: no TLS could be agreed on; is it an http:\/\/ address\?\n$/,
      bun: /: no TLS could be agreed on; is it an http:\/\/ address\?\n$/,
      deno: /^tidegate: Cannot reach .* sys access to "ca".*\n$/,
    };
    expect(stderr).toMatch(said[runtime]);
  });

  it.each([
    ['that never answers', {}],
    ['that never ends its answer', { bytes: http('200 OK', READY).slice(0, -5) }],
  ])('a server %s makes exit code 5 when the time is over', async (_what, behaviour) => {
    const { url } = await listen(behaviour);
    const commands = ['probe', 'wait', 'status', 'drain', 'shutdown'];
    const all = commands.map(async (command) => {
      const { code, stderr } = await run(runtime, [command, url, '--timeout', '300ms']);
      return [command, code, /in the time given/.test(stderr)];
    });
    expect(await Promise.all(all)).toEqual(commands.map((command) => [command, 5, true]));
  });

  it('a redirect is not followed, and the token goes nowhere', async () => {
    const other = await listen({ bytes: http('200 OK', READY) });
    const { url } = await listen({ bytes: http('307 Moved', '', [`location: ${other.url}/x`]) });
    for (const command of ['probe', 'status', 'drain', 'shutdown']) {
      const { code, stderr } = await run(runtime, [command, url]);
      expect([command, code]).toEqual([command, 3]);
      expect(stderr).toContain(`a redirect to ${other.url}/x, which is not followed`);
    }
    expect(other.received).toBe('');
  });

  it('only admin calls show the token', async () => {
    const stranger = await listen({ bytes: http('404 Not Found', '') });
    await run(runtime, ['probe', stranger.url]);
    await run(runtime, ['wait', stranger.url, '--timeout', '100ms']);
    expect(stranger.received).toContain('GET /health/ready HTTP/1.1');
    expect(stranger.received).not.toMatch(/authorization/i);
    await run(runtime, ['status', stranger.url]);
    expect(stranger.received.toLowerCase()).toContain(`authorization: bearer ${TOKEN}`);
  });

  it('closed admin calls make exit code 4, with what the service says', async () => {
    const body = JSON.stringify({ ok: false, error: 'closed \u001b[2J' });
    const { url } = await listen({ bytes: http('403 Forbidden', body) });
    const { code, stderr } = await run(runtime, ['status', url]);
    expect(code).toBe(4);
    expect(stderr).toBe('tidegate: The service refuses admin calls: closed \\u{1b}[2J\n');
  });
});
