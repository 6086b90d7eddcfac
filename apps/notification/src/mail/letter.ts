/** A letter before it is text or HTML: headings with lines, and numbered steps. */
export interface Letter {
  readonly subject: string;
  readonly salutation: string;
  readonly lead: string;
  readonly sections: readonly Section[];
  readonly closing: readonly string[];
}

interface Section {
  readonly heading: string;
  readonly style: 'plain' | 'bullets' | 'steps';
  readonly lines: readonly Line[];
}

interface Line {
  readonly label?: string;
  readonly text: string;
  /** On a line of its own, so that no mail program breaks it. */
  readonly link?: string;
}

export function letterText(letter: Letter): string {
  const sections = letter.sections.map(({ heading, style, lines }) =>
    [`■ ${heading}`, ...lines.flatMap((line, index) => textLines(line, marks[style](index)))].join('\n'),
  );
  return `${[letter.salutation, letter.lead, ...sections, letter.closing.join('\n')].join('\n\n')}\n`;
}

const marks = {
  plain: () => '',
  bullets: () => '- ',
  steps: (index: number) => `${index + 1}. `,
} as const;

function textLines({ label, text, link }: Line, mark: string): string[] {
  const first = `${mark}${label === undefined ? '' : `${label}: `}${text}`;
  return link === undefined || link === text ? [first] : [first, link];
}

export function letterHtml(letter: Letter, language: string): string {
  const sections = letter.sections.map(({ heading, style, lines }) => {
    const items = lines.map(htmlLine);
    return `<h2>■ ${escapeHtml(heading)}</h2>\n${htmlList(style, items)}`;
  });
  const paragraphs = [letter.salutation, letter.lead].map((text) => `<p>${escapeHtml(text)}</p>`);
  const closing = `<p>${letter.closing.map(escapeHtml).join('<br>')}</p>`;
  return [
    '<!doctype html>',
    `<html lang="${escapeHtml(language)}">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(letter.subject)}</title></head>`,
    '<body>',
    ...paragraphs,
    ...sections,
    closing,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function htmlList(style: Section['style'], items: readonly string[]): string {
  if (style === 'plain') return `<p>${items.join('<br>')}</p>`;
  const tag = style === 'steps' ? 'ol' : 'ul';
  return `<${tag}>${items.map((item) => `<li>${item}</li>`).join('')}</${tag}>`;
}

function htmlLine({ label, text, link }: Line): string {
  const before = label === undefined ? '' : `${escapeHtml(label)}: `;
  if (link === undefined) return before + escapeHtml(text);
  const anchor = `<a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`;
  return link === text ? before + anchor : `${before}${escapeHtml(text)}<br>${anchor}`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Text from outside as one line: what could end a line, a header or turn the reading direction becomes a blank. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
