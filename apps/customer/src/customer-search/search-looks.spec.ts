import { expect, it } from 'vitest';
import { beginning, within } from './search-looks.js';

const word = (text: string) => ({ text, phone: undefined });

it('asks the index for a few pieces of a word, and for none of a domain', () => {
  const pieces = (text: string) => within([word(text)], word(text), undefined, 51)?.values.filter(Array.isArray);
  expect(pieces('hanako.sato.4rok@mail.example.jp')).toEqual([['han', 'ako', '.sa', 'to.', '4ro', 'k@m']]);
  expect(pieces('@example.jp')).toEqual([['@ex', 'xam', 'amp', 'ple', 'le.', '.jp']]);
  expect(pieces('佐藤花')).toEqual([['佐藤', '藤花']]);
});

it('looks for one character, or two Latin letters, at the beginning only', () => {
  for (const text of ['佐', 'sa']) expect(within([word(text)], word(text), undefined, 51)).toBeUndefined();
});

it('asks in the same words for whatever text', () => {
  const phone = { text: '0901234', phone: '0901234' };
  expect(beginning(phone, undefined, 51).sql).toBe(beginning(word('佐藤'), undefined, 51).sql);
});
