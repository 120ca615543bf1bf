/**
 * Content negotiation: a table of headers, and the properties that hold for any header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 * @module
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preferred } from '../../src/http/accept.ts';

const TEXT = 'text/plain; version=0.0.4';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const JSON_ = 'application/json';
const HTML = 'text/html';

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
  'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,' +
  'application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

describe('the first offer is for whoever', () => {
  it.each([
    ['has no header', null],
    ['takes anything', '*/*'],
    ['takes anything of a type', 'text/*, application/*'],
    ['wants something else', 'image/png'],
    ['wants another version', 'application/openmetrics-text;version=0.0.1'],
    ['refuses the other', 'application/openmetrics-text;q=0'],
    ['refuses all', '*/*;q=0'],
    ['sends an empty header', ''],
    ['sends nonsense', ';;=,,q="'],
    ['sends a quality that is none', 'application/openmetrics-text;q=2'],
    ['prefers it', `application/openmetrics-text;q=0.5,text/plain;q=0.501`],
    ['names it first', 'text/plain, application/openmetrics-text'],
    ['names the other in a quoted string', 'x/y;a=",application/openmetrics-text,"'],
  ])('%s', (_, accept) => {
    expect(preferred(accept, [TEXT, OPEN])).toBe(TEXT);
  });
});

describe('the second offer is for whoever', () => {
  it.each([
    ['asks for it', 'application/openmetrics-text'],
    ['asks in capitals', 'APPLICATION/OpenMetrics-Text; Q=0.3; Version="1.0.0"'],
    ['is Prometheus 2', PROMETHEUS_2],
    ['is Prometheus 3', PROMETHEUS_3],
    ['prefers it', 'text/plain;q=0.4 , application/openmetrics-text ; q=0.5'],
    ['names it first', 'application/openmetrics-text, text/plain'],
    ['asks for it more exactly', '*/*, application/openmetrics-text'],
    ['refuses the first', 'text/plain;q=0, */*;q=0.1'],
    ['takes its kind only', 'application/*'],
    ['has odd things beside it', 'a/b;c="\\",d/e;q=0.1", application/openmetrics-text;q=0.1'],
  ])('%s', (_, accept) => {
    expect(preferred(accept, [TEXT, OPEN])).toBe(OPEN);
  });
});

describe('a page', () => {
  it.each([
    ['a browser', BROWSER, HTML],
    ['fetch() and curl', '*/*', JSON_],
    ['a client of the API', 'application/json', JSON_],
    ['a client that takes text', 'text/*', HTML],
    ['a client that takes text, but no HTML', 'text/*, text/html;q=0', JSON_],
  ])('for %s', (_, accept, form) => {
    expect(preferred(accept, [JSON_, HTML])).toBe(form);
  });
});

describe('any header', () => {
  const headers = fc.array(
    fc.constantFrom(
      ...[HTML, JSON_, 'text/*', '*/*', 'a/b', ',', ';', ' ', 'q=', '0', '1', '.5', '=', '"', '\\'],
    ),
    { maxLength: 40 },
  );

  it('yields one of the offers', () => {
    fc.assert(
      fc.property(headers, (parts) => {
        expect([JSON_, HTML]).toContain(preferred(parts.join(''), [JSON_, HTML]));
      }),
    );
  });

  it('yields a lone offer as it is', () => {
    fc.assert(
      fc.property(headers, (parts) => {
        expect(preferred(parts.join(''), [OPEN])).toBe(OPEN);
      }),
    );
  });

  it('is read in one pass: the square of this length would not end within the time of a test', () => {
    expect(preferred('"\\"'.repeat(1_000_000), [JSON_, HTML])).toBe(JSON_);
  });
});
