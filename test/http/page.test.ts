/**
 * The status page as a document: who gets it, under which headers, and that nothing an application
 * says becomes part of its markup. Browsers have a look at it in `test/page/`.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler as createPlainHandler } from '../../src/http/for-edge.ts';
import { Lifecycle } from '../../src/index.ts';
import { keepPreviousRun } from '../../src/lifecycle/previous-run.ts';
import { named, PHASES, REPORT, Subject, TOKEN } from './ask.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

const page = (subject: Subject, accept = BROWSER) =>
  subject.ask('/admin/status', { headers: { accept } });

/** As HTML writes it, ampersands first. */
function entitled(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

describe('GET /admin/status', () => {
  it.each([
    [BROWSER, 'text/html; charset=utf-8'],
    ['text/html', 'text/html; charset=utf-8'],
    ['text/html;q=0.9, application/json;q=0.8', 'text/html; charset=utf-8'],
    ['text/*', 'text/html; charset=utf-8'],
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['application/json', 'application/json'],
    ['application/json, text/html', 'application/json'],
    ['text/html;q=0, */*', 'application/json'],
    ['image/png', 'application/json'],
    ['application/xhtml+xml', 'application/json'],
  ])('for %j is %s', async (accept, type) => {
    expect((await page(new Subject(), accept)).headers.get('content-type')).toBe(type);
  });

  it('is JSON for whoever does not say', async () => {
    const request = new Request('http://service.test/admin/status', {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const reply = await new Subject().send(request);
    expect(reply?.headers.get('content-type')).toBe('application/json');
  });

  it('is JSON for everybody in the handler of the edge', async () => {
    const handler = createPlainHandler(Lifecycle.create(), { openAdmin: true });
    const headers = { accept: BROWSER };
    const reply = await handler(new Request('http://service.test/admin/status', { headers }));
    expect(reply?.headers.get('content-type')).toBe('application/json');
    expect(await reply?.json()).toMatchObject({ phase: 'starting' });
  });
});

describe('the page', () => {
  it('needs the token as JSON does, and asks a browser for it first', async () => {
    const asked = await new Subject().ask('/admin/status', {
      token: null,
      headers: { accept: BROWSER },
    });
    expect(asked.status).toBe(401);
    expect(asked.headers.get('www-authenticate')).toMatch(/^Basic realm="tidegate"/);
    const authorization = `Basic ${btoa(`anybody:${TOKEN}`)}`;
    const headers = { accept: BROWSER, authorization };
    expect((await new Subject().ask('/admin/status', { headers })).status).toBe(200);
    expect((await page(new Subject({}))).status).toBe(403);
    const elsewhere = { accept: BROWSER, 'sec-fetch-site': 'cross-site' };
    const open = new Subject({ openAdmin: true });
    expect((await open.ask('/admin/status', { headers: elsewhere })).status).toBe(403);
  });

  it('has the same headers for HEAD, and no body', async () => {
    const get = await page(new Subject());
    const head = await new Subject().ask('/admin/status', {
      method: 'HEAD',
      headers: { accept: BROWSER },
    });
    expect([head.status, head.text]).toEqual([200, '']);
    expect([...head.headers]).toEqual([...get.headers]);
  });

  it('allows its one style and its one script by their hashes, and nothing else', async () => {
    const { headers, text } = await page(new Subject());
    const styles = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = '']) => style);
    const scripts = [...text.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
      ([, code = '']) => code,
    );
    expect([styles.length, scripts.length]).toEqual([1, 1]);
    expect(text.match(/<(style|script)\b/g)).toHaveLength(2);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': [
        "default-src 'none'",
        `script-src ${await hashOf(scripts[0] ?? '')}`,
        `style-src ${await hashOf(styles[0] ?? '')}`,
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it('refers to no resource but itself', async () => {
    const { text } = await page(new Subject().in(4));
    // The address is in the commands to copy, and nowhere else.
    const loaded = text.replaceAll(/data-command="[^"]*"|<code>[^<]*<\/code>/g, '');
    expect(loaded).not.toMatch(/url\(|@import|https?:/i);
    const markup = text.replaceAll(/<(style|script)>[\s\S]*?<\/\1>/g, '');
    expect(markup).not.toMatch(/\b(src|href|srcset|action|style|on\w+)=/i);
  });

  it.each([0, 1, 2, 3, 4])('says that the phase is %i in words', async (phase) => {
    const { text } = await page(new Subject().in(phase));
    const words = named(phase).replace('_', ' ');
    expect(text).toMatch(new RegExp(`<title>${words} · tidegate · `));
    expect(text).toContain(`role="status"><strong>${words}</strong>`);
    expect(text.match(/aria-current="step"/g)).toHaveLength(1);
    expect(text).toContain(`<li aria-current="step"><span>${words}</span>`);
    for (const each of PHASES) expect(text).toContain(`<span>${each.replace('_', ' ')}</span>`);
  });

  it('shows what JSON shows', async () => {
    const subject = new Subject();
    const { lifecycle } = subject;
    lifecycle.setRestoreStartedAtMs(lifecycle.startedAtMs());
    lifecycle.setRestoreReadyAtMs(lifecycle.startedAtMs() + 1234);
    lifecycle.stage('cache_fill').setReadyAtMs(5);
    lifecycle.stage('later');
    lifecycle.setStartingReason('index 17 of 40');
    lifecycle.gate.hold('read_only');
    lifecycle.gate.hold('lease_lost');
    const { text } = await page(subject);
    expect(text).toContain(
      '<strong>starting</strong> <span>Writes are refused: starting (<bdi>index 17 of 40</bdi>)</span>',
    );
    expect(text).toContain('<dd>read only, lease lost</dd>');
    const row = (name: string): string =>
      new RegExp(`<tr><th scope="row"><bdi>${name}</bdi>.*?</tr>`).exec(text)?.[0] ?? '';
    expect(row('restore')).toMatch(/<rect class="done" x="0.00" width="100.00".*<td>1.23 s<\/td>/);
    expect(row('cache_<wbr>fill')).toMatch(/unclear/);
    expect(row('later')).toMatch(/waiting/);
    expect(row('total')).toMatch(/<rect class="running".*running/);
  });

  it('shows the report, with everything unusual', async () => {
    const subject = new Subject();
    subject.lifecycle.finishShutdown({
      ...REPORT,
      drained: false,
      takenOver: true,
      trigger: 'SIGTERM',
      durationMs: 61_000,
      steps: [
        { name: 'flush_wal', status: 'timed_out', durationMs: 1500, error: 'timed out' },
        { name: 'backup', status: 'skipped', durationMs: 0 },
      ],
    });
    const { text } = await page(subject);
    expect(text).toContain(
      'Trigger: <strong><bdi>SIGTERM</bdi></strong>. Completed in 1 min 1 s; something in flight had not ' +
        'finished. It was taken over from a thread that died.',
    );
    expect(text).toContain(
      '<small>The shutdown did not go well: 1 step failed, something was still in flight.</small>',
    );
    // An application's own report does not say when its steps ran: there is no bar to draw.
    const noBar = '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"></svg>';
    expect(text).toContain(
      `<tr><th scope="row"><bdi>flush_<wbr>wal</bdi></th><td>${noBar}</td><td><span class="timed_out">timed out</span>` +
        '</td><td>1.5 s</td></tr><tr class="error"><td colspan="4"><bdi>timed out</bdi></td></tr>',
    );
    expect(text).toContain('<td><span class="skipped">skipped</span></td><td>0 ms</td></tr>');
  });
});

describe('what an application says', () => {
  const HOSTILE = [
    '<script>alert(1)</script>',
    '</script><script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '</title></style></bdi></main><iframe src=javascript:alert(1)>',
    '<!--',
    '&lt;script&gt;',
    '\u0000<b>\u0000',
    '$&$`$1',
    '\u202e<i>',
  ];

  it.each(HOSTILE)('%j never becomes markup', async (text) => {
    const tame = (await page(new Subject())).text;
    const tags = (html: string): string[] => html.match(/<[/!]?[a-z-][^>]*>/gi) ?? [];
    const subject = new Subject();
    subject.lifecycle.setStartingReason(text);
    const starting = (await page(subject)).text;
    expect(tags(starting).filter((tag) => !/^<\/?bdi>$/.test(tag))).toEqual(
      tags(tame).filter((tag) => !/^<\/?bdi>$/.test(tag)),
    );
    const escaped = entitled(text);
    expect(starting).toContain(`<bdi>${escaped}</bdi>`);

    const called = await page(new Subject({ adminToken: TOKEN, name: text, version: text }));
    expect(called.text).toContain(`<title>starting · ${escaped} ${escaped} · `);
    expect(called.text).toContain(
      `<h1><bdi>${escaped}</bdi> <small><bdi>${escaped}</bdi></small> <small class="place">`,
    );
    expect(called.text).toContain(`data-question="Shut down ${escaped} on `);
    expect(tags(called.text).length).toBe(tags(tame).length + 6);

    const name = text.slice(0, 10);
    subject.lifecycle.finishShutdown({
      ...REPORT,
      trigger: text,
      steps: [{ name, status: 'failed', durationMs: 1, error: text }],
    });
    const stopped = (await page(subject)).text;
    expect(stopped).toContain(`Trigger: <strong><bdi>${escaped}</bdi></strong>.`);
    expect(stopped).toContain(`<td colspan="4"><bdi>${escaped}</bdi></td>`);
    expect(stopped).toContain(`<th scope="row"><bdi>${entitled(name)}</bdi></th>`);
  });

  it.each(HOSTILE)(
    '%j is no markup either as a check, as its error, or in the record of the last run',
    async (text) => {
      const tagsOf = async (name: string, said: string): Promise<string[]> => {
        const subject = new Subject().in(1);
        const { lifecycle } = subject;
        lifecycle.check({ name, failures: 1, everyMs: 1e9, run: () => Promise.reject(said) });
        // As a file may say it, which somebody else has written.
        const lastRun = { outcome: 'crashed', pid: 1, startedAtMs: 1, readyAtMs: 2 } as const;
        const none = { acceptedAtMs: null, endedAtMs: 3, lastSeenAtMs: 3, exitCode: null } as const;
        const words = { trigger: said, step: said, stepStatus: 'failed', error: said } as const;
        keepPreviousRun(lifecycle, { ...lastRun, ...none, ...words, phase: 'shutting_down' });
        await new Promise((resolve) => setTimeout(resolve, 0));
        const shown = (await page(subject)).text;
        expect(shown).toContain(`<th scope="row"><bdi>${entitled(name)}</bdi></th>`);
        expect(shown).toContain(`<td colspan="4"><bdi>${entitled(said)}</bdi></td>`);
        expect(shown).toContain(`crashed in step ${entitled(said)}: ${entitled(said)}`);
        // How many bars the boot has is a matter of its milliseconds.
        const tagsShown: string[] = shown.match(/<[/!]?[a-z-][^>]*>/gi) ?? [];
        return tagsShown.filter((tag) => !tag.startsWith('<rect class="done"'));
      };
      expect(await tagsOf(text.slice(0, 10), text)).toEqual(await tagsOf('disk', 'full'));
    },
  );
});

describe('the commands to copy', () => {
  const shown = async (subject: Subject, url = 'http://service.test/admin/status') => {
    const headers = { accept: BROWSER, authorization: `Bearer ${TOKEN}` };
    const { text = '' } = (await subject.send(new Request(url, { headers }))) ?? {};
    return [...text.matchAll(/<code>([^<]+)<\/code>/g)].map(([, command]) => command);
  };

  it.each([
    [0, ['readonly on', 'shutdown']],
    [1, ['readonly on', 'drain', 'shutdown']],
    [2, ['shutdown']],
    [3, []],
    [4, []],
  ])('in phase %i are those for which there is something left to do', async (phase, words) => {
    const commands = words.map((each) => `npx tidegate ${each} http://service.test`);
    expect(await shown(new Subject().in(phase))).toEqual(commands);
  });

  it('lift the read-only hold where it is set', async () => {
    const subject = new Subject().in(1);
    subject.lifecycle.gate.hold('read_only');
    expect((await shown(subject))[0]).toBe('npx tidegate readonly off http://service.test');
  });

  it('have the port and the base path, without a query', async () => {
    const subject = new Subject({ adminToken: TOKEN, basePath: '/internal' });
    const url = 'https://service.test:8443/internal/admin/status?a=b';
    expect((await shown(subject, url))[0]).toContain(' https://service.test:8443/internal');
  });

  it.each(['http://a$(reboot).test', 'http://a;reboot.test', "http://a'b.test", 'http://a&b.test'])(
    'have no address that a shell would take for more: %s',
    async (origin) => {
      const [command] = await shown(new Subject(), `${origin}/admin/status`);
      expect(command).toBe('npx tidegate readonly on http://HOST:PORT');
    },
  );
});
