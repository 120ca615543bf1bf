/**
 * HTML that cannot be injected into: a template tag that escapes whatever is not HTML already. It
 * knows no page.
 *
 * @module
 */

/** Text that is HTML: made by {@link html} only, out of literals and escaped values. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. */
export type Part = Html | string | number | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const WORD_BREAK = new Html('<wbr>');

/** A template whose values are escaped, for content and for attributes in double quotes. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: literals }, ...parts.map(escaped)));
}

/**
 * Text of an application's own: escaped, and isolated, so that a mark that turns the direction of
 * what follows ends with it. If the line is too long it may break after an underscore.
 */
export function foreign(text: string): Html {
  const pieces = text.split(/(?<=_)/);
  return html`<bdi>${pieces.map((piece, index) => html`${index > 0 ? WORD_BREAK : ''}${piece}`)}</bdi>`;
}

function escaped(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(escaped).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
