import type { Language } from '#libs/events/src/contract.js';

/** The language of the page for an `Accept-Language` header: Japanese or, for everybody else, English. */
export function pageLanguage(header = ''): Language {
  const ja = weight(header, 'ja');
  return ja > 0 && ja >= weight(header, 'en') ? 'ja' : 'en';
}

/** How much a language is wanted, from 0 to 1; `ja-JP` counts as `ja`. */
function weight(header: string, language: Language): number {
  const weights = header.split(',').flatMap((range) => {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (tag.split('-')[0] !== language) return [];
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return [q === undefined ? 1 : Number(q.slice(2)) || 0];
  });
  return Math.max(0, ...weights);
}
