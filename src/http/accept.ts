/**
 * Chooses the form of a route that the client prefers, by its `accept` header. It makes no answer
 * and refuses nobody: a server may answer with what it has when nothing matches.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 * @module
 */

/** What a range of the header says of an offer. */
interface Match {
  /** 0 (never) … 1. */
  readonly quality: number;
  /** 0 for every type, 1 for `type/*`, 2 for a type, and one more for each parameter that matches. */
  readonly specificity: number;
  /** Where in the header. */
  readonly position: number;
}

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
  readonly position: number;
}

/** What nobody asked for: no better than what was refused. */
const NONE: Match = { quality: 0, specificity: -1, position: 0 };

/** A quality as RFC 9110 §12.4.2 writes it; anything else makes its range void. */
const QUALITY = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The offer that the client prefers: by quality, then by how exactly it was asked for, then by the
 * order in the header, then by the order of the offers.
 *
 * Offers are media types with the parameters that tell them apart: a range that names another
 * value for one of these is for something else. Parameters of a range that an offer does not have
 * are ignored, as RFC 2045 §1 has it: Prometheus 3 adds `escaping`.
 *
 * @param accept the header, `null` if there is none
 * @param offers the first one is for requests that do not say, or accept none of them
 */
export function preferred<Offer extends string>(
  accept: string | null,
  offers: readonly [Offer, ...Offer[]],
): Offer {
  const ranges = rangesIn(accept ?? '*/*');
  let best: Offer = offers[0];
  let bestMatch: Match = NONE;
  for (const offer of offers) {
    const match = bestOf(offer, ranges);
    if (outranks(match, bestMatch)) [best, bestMatch] = [offer, match];
  }
  return best;
}

/** The most exact range decides for an offer, so that `text/*, text/html;q=0` is not HTML. */
function bestOf(offer: string, ranges: readonly Range[]): Match {
  const [type = '', ...rest] = split(offer, ';');
  const parameters = parametersIn(rest);
  let best = NONE;
  for (const { quality, position, ...range } of ranges) {
    const specificity = specificityOf(range, type, parameters);
    if (specificity > best.specificity) best = { quality, specificity, position };
  }
  return best;
}

/** -1 if the range does not take in the offer. */
function specificityOf(
  range: Pick<Range, 'type' | 'parameters'>,
  type: string,
  parameters: ReadonlyMap<string, string>,
): number {
  if (range.type === '*/*') return 0;
  if (range.type.endsWith('/*')) return type.startsWith(range.type.slice(0, -1)) ? 1 : -1;
  if (range.type !== type) return -1;
  let agreeing = 0;
  for (const [name, value] of range.parameters) {
    const ours = parameters.get(name);
    if (ours === undefined) continue;
    if (ours !== value) return -1;
    agreeing += 1;
  }
  return 2 + agreeing;
}

function outranks(one: Match, other: Match): boolean {
  if (one.quality === 0) return false;
  if (one.quality !== other.quality) return one.quality > other.quality;
  if (one.specificity !== other.specificity) return one.specificity > other.specificity;
  return one.position < other.position;
}

function rangesIn(accept: string): Range[] {
  return split(accept, ',').flatMap((element, position): Range[] => {
    const [type = '', ...rest] = split(element, ';');
    const parameters = parametersIn(rest);
    const quality = parameters.get('q') ?? '1';
    if (!QUALITY.test(quality)) return [];
    return [{ type: type.toLowerCase(), parameters, quality: Number(quality), position }];
  });
}

function parametersIn(parts: readonly string[]): Map<string, string> {
  return new Map(
    parts.map((part) => {
      const equals = part.indexOf('=');
      const name = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
      const value = part.slice(equals + 1).trim();
      return [name, unquoted(value).toLowerCase()];
    }),
  );
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}

/**
 * Splits at a separator outside of quoted strings; the parts are trimmed. One pass: a header is
 * anybody's, and a pattern that backs up at an unclosed quote would take the square of its length.
 */
function split(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isQuoted && character === '\\') index += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}
