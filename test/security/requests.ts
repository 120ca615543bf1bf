/**
 * What an intruder writes to a socket: requests as bytes, drawn by a seed, from nearly right to no
 * HTTP at all. None of them carries the right token, so none may change anything. It sends nothing.
 *
 * @module
 */

/** A generator of 32-bit numbers (xorshift); the same seed draws the same requests. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** An integer in 0 … `below` − 1. */
  roll(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.roll(values.length)] as T;
  }

  /** Text of up to `longest` Latin-1 characters, control characters among them. */
  junk(longest: number): string {
    return Array.from({ length: this.roll(longest + 1) }, () =>
      String.fromCharCode(this.roll(256)),
    ).join('');
  }
}

/** One of a kind: its bytes as Latin-1, and whether the server can go on after it. */
export interface Attempt {
  readonly bytes: string;
  /** False where the framing is broken on purpose: what follows on the connection means nothing. */
  readonly keepsFraming: boolean;
}

const METHODS = 'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT get PRI PROPFIND X-ODD'.split(
  ' ',
);
const CALLS = ['/admin/shutdown', '/admin/drain', '/admin/readonly'];
const PATHS = [
  ...CALLS,
  '/admin/status',
  '/health/live',
  '/health/ready',
  '/health/ready/write',
  '/health/startup',
  '/metrics',
  '/documents/none',
  '/search?q=',
  '/',
];
const SCHEMES = ['Bearer', 'bearer', 'Basic', 'Digest', 'Bearer\t', 'Token', ''];
const NAMES = 'accept accept-encoding content-encoding content-type cookie expect forwarded origin'
  .concat(' range referer sec-fetch-site te traceparent upgrade x-forwarded-for x-forwarded-host')
  .concat(' x-http-method-override x-original-url x-rewrite-url')
  .split(' ');
const VALUES = [
  '*/*',
  'text/html;q=0.1, application/openmetrics-text;version=9;q=x',
  'gzip, br',
  '100-continue',
  'the moon',
  'websocket',
  'null',
  'http://evil.example',
  'cross-site',
  '/admin/shutdown',
  'POST',
  'bytes=0-1,0-1,0-1',
];

const crlf = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

/** Every family of attempts; `draw` takes one of them. */
const FAMILIES: readonly ((dice: Dice) => Attempt)[] = [
  plain,
  plain,
  plain,
  authorized,
  target,
  lengths,
  codings,
  chunks,
  lines,
  hugeHead,
  encoded,
  noHttp,
];

/** The next attempt. */
export function draw(dice: Dice): Attempt {
  return dice.pick(FAMILIES)(dice);
}

/** A whole request with a head of odd but legal fields. */
function plain(dice: Dice): Attempt {
  const fields = Array.from({ length: dice.roll(6) }, () => {
    const value = dice.roll(3) === 0 ? printable(dice, 60) : dice.pick(VALUES);
    return `${dice.pick(NAMES)}: ${value}`;
  });
  const upgrades = fields.some((field) => /^(upgrade|expect):/.test(field));
  const method = dice.pick(METHODS);
  const body = dice.pick(['', '{"enabled":true}', '{', '[]', 'x'.repeat(5_000)]);
  return {
    bytes: `${crlf(
      `${method} ${dice.pick(PATHS)} HTTP/1.1`,
      'host: 127.0.0.1',
      `content-length: ${body.length}`,
      ...fields,
    )}${body}`,
    keepsFraming: !upgrades && !['CONNECT', 'PRI', 'get', 'X-ODD'].includes(method),
  };
}

/** Tokens that are none, in every place where one could be. */
function authorized(dice: Dice): Attempt {
  const guess = dice.pick(['', 'undefined', 'null', 'true', printable(dice, 40), 'a'.repeat(4000)]);
  const shown = dice.roll(2) === 0 ? guess : btoa(`admin:${guess}`);
  const fields = [`authorization: ${dice.pick(SCHEMES)} ${shown}`];
  if (dice.roll(3) === 0) fields.push(`authorization: Bearer ${printable(dice, 20)}`);
  if (dice.roll(3) === 0) fields.push(`proxy-authorization: Bearer ${guess}`, `cookie: t=${guess}`);
  const body = '{"enabled":true}';
  return {
    bytes: `${crlf(
      `POST ${dice.pick(CALLS)}?token=${encodeURIComponent(guess)} HTTP/1.1`,
      'host: 127.0.0.1',
      `content-length: ${body.length}`,
      ...fields,
    )}${body}`,
    keepsFraming: true,
  };
}

/** Request targets: absolute, encoded, climbing, of other protocols. */
function target(dice: Dice): Attempt {
  const call = dice.pick(CALLS);
  const targets = [
    `http://evil.example${call}`,
    `https://user:pass@127.0.0.1${call}`,
    `ftp://127.0.0.1${call}`,
    `//127.0.0.1${call}`,
    `/x/..${call}`,
    `/.${call}`,
    `${call}/`,
    `${call};a=b`,
    `${call}%00`,
    `${call}#fragment`,
    call.replace('a', '%61'),
    call.replace('/admin/', '/admin%2F'),
    call.replaceAll('/', '\\'),
    call.replace('/admin', '/admin/..%c0%af/admin'),
    call.toUpperCase(),
    `/${'../'.repeat(dice.roll(200))}${call}`,
    `/%${printable(dice, 8)}`,
    `/\u00ff\u00fe${dice.junk(20).replaceAll(/[\r\n ]/g, '')}`,
    '*',
    '',
    '127.0.0.1:443',
    'a'.repeat(dice.roll(9_000)),
  ];
  const version = dice.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9']);
  const host = dice.pick(['127.0.0.1', 'evil.example', 'a b', '', '[::1', '127.0.0.1:99999', '@']);
  return {
    bytes: crlf(
      `${dice.pick(METHODS)} ${dice.pick(targets)} ${version}`,
      `host: ${host}`,
      'content-length: 0',
    ),
    keepsFraming: false,
  };
}

/** Lengths that contradict each other or are none, with a call hidden where a parser may slip. */
function lengths(dice: Dice): Attempt {
  const hidden = crlf(`POST ${dice.pick(CALLS)} HTTP/1.1`, 'host: 127.0.0.1');
  const odd = dice.pick(['+1', '-1', '0x10', '1,1', '1 1', '1e3', '9'.repeat(30), '', ' ', 'NaN']);
  const fields = dice.pick([
    [`content-length: ${odd}`],
    ['content-length: 0', `content-length: ${hidden.length}`],
    [`content-length: ${hidden.length}`, 'content-length: 0'],
    [`content-length: ${hidden.length + dice.roll(2_000)}`],
    [`content-length : ${hidden.length}`],
    [`content-length:\t${hidden.length}\t`],
  ]);
  return {
    bytes: crlf('POST /admin/readonly HTTP/1.1', 'host: 127.0.0.1', ...fields) + hidden,
    keepsFraming: false,
  };
}

/** Both ways to say where a body ends, and codings that only look like chunked. */
function codings(dice: Dice): Attempt {
  const hidden = crlf(`POST ${dice.pick(CALLS)} HTTP/1.1`, 'host: 127.0.0.1');
  const coding = dice.pick([
    'transfer-encoding: chunked',
    'transfer-encoding : chunked',
    'transfer-encoding: xchunked',
    'transfer-encoding: chunked, identity',
    'transfer-encoding: identity',
    'transfer-encoding:\u000bchunked',
    'transfer-encoding: gzip, chunked',
    'transfer-encoding: chunked\r\ntransfer-encoding: x',
    ' transfer-encoding: chunked',
    'x: y\r\n transfer-encoding: chunked',
    'transfer-encoding: "chunked"',
  ]);
  const length = dice.pick([0, 4, hidden.length + 5]);
  return {
    bytes: `${crlf(
      `POST ${dice.pick(CALLS)} HTTP/1.1`,
      'host: 127.0.0.1',
      `content-length: ${length}`,
      coding,
    )}0\r\n\r\n${hidden}`,
    keepsFraming: false,
  };
}

/** Chunked bodies that are not. */
function chunks(dice: Dice): Attempt {
  const body = dice.pick([
    'ffffffffffffffffff\r\nx\r\n0\r\n\r\n',
    '-1\r\nx\r\n0\r\n\r\n',
    '5;ext="\r\n\r\n"\r\nhello\r\n0\r\n\r\n',
    '5\nhello\n0\n\n',
    '1\r\nxx\r\n0\r\n\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    '1001\r\n'.concat('a'.repeat(4097), '\r\n0\r\n\r\n'),
    '1\r\na\r\n'.repeat(500).concat('0\r\n\r\n'),
    '0\r\nadmin: trailer\r\nauthorization: Bearer x\r\n\r\n',
    '10\r\n{"enabled":true}\r\n0\r\n\r\n',
    '10\r\n{"enabled"',
    dice.junk(200),
  ]);
  return {
    bytes: `${crlf(
      `POST ${dice.pick(CALLS)} HTTP/1.1`,
      'host: 127.0.0.1',
      'transfer-encoding: chunked',
    )}${body}`,
    keepsFraming: false,
  };
}

/** Line ends, folds, names and characters that no field has. */
function lines(dice: Dice): Attempt {
  const odd = dice.pick([
    'x\0: y',
    'x: \0',
    ': no name',
    'no colon',
    'x y: z',
    'x: y\r\n folded',
    'x: y\rz: w',
    'x: y\nz: w',
    `x: ${dice.junk(60)}`,
    `${dice.junk(20)}: x`,
    'host: other.example',
    'connection: close, content-length, host',
    'connection: keep-alive\r\nconnection: close',
    '__proto__: x\r\nconstructor: y\r\ntoString: z',
  ]);
  const end = dice.pick(['\r\n', '\r\n', '\n', '\r']);
  const head = ['POST /admin/drain HTTP/1.1', 'host: 127.0.0.1', 'content-length: 0', odd];
  return { bytes: `${head.join(end)}${end}${end}`, keepsFraming: false };
}

/** Heads of tens of kilobytes: one long line, or very many. */
function hugeHead(dice: Dice): Attempt {
  const size = 1 + dice.roll(40_000);
  const fields = dice.pick([
    [`x: ${'a'.repeat(size)}`],
    Array.from({ length: Math.ceil(size / 20) }, (_, index) => `x-${index}: aaaaaaaaaaaa`),
    [`cookie: ${'a=b; '.repeat(size / 5)}`],
    [`authorization: Bearer ${'a'.repeat(size)}`],
  ]);
  return {
    bytes: crlf('GET /admin/status HTTP/1.1', 'host: 127.0.0.1', ...fields),
    keepsFraming: false,
  };
}

/** Bodies in encodings that nobody asked for. */
function encoded(dice: Dice): Attempt {
  const json = '{"enabled":true}';
  const body = dice.pick([
    `\u00ff\u00fe${[...json].map((character) => `${character}\0`).join('')}`,
    `\u00ef\u00bb\u00bf${json}`,
    '{"enabled":tru\u00c0\u00a5}',
    '\u001f\u008b\u0008\0\0\0\0\0',
    '[['.repeat(2_000),
    `{"enabled":true,"enabled":false}`,
    '{"__proto__":{"enabled":true}}',
    dice.junk(4_096),
  ]);
  return {
    bytes: `${crlf(
      `POST ${dice.pick(CALLS)} HTTP/1.1`,
      'host: 127.0.0.1',
      `content-encoding: ${dice.pick(['gzip', 'br', 'utf-16', 'identity'])}`,
      `content-type: ${dice.pick(['application/json; charset=utf-16', 'text/html', '', ';;'])}`,
      `content-length: ${body.length}`,
    )}${body}`,
    keepsFraming: true,
  };
}

/** Other protocols, and nothing at all. */
function noHttp(dice: Dice): Attempt {
  return {
    bytes: dice.pick([
      '\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0',
      'PROXY TCP4 1.2.3.4 127.0.0.1 1 2\r\nGET /admin/status HTTP/1.1\r\n\r\n',
      'EHLO evil.example\r\n',
      'GET /admin/status\r\n\r\n',
      '\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n',
      '\0',
      ' ',
      dice.junk(300),
    ]),
    keepsFraming: false,
  };
}

function printable(dice: Dice, longest: number): string {
  return dice.junk(longest).replaceAll(/[^\x21-\x7e]/g, '~');
}
