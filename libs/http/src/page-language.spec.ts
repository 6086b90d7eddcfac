import { expect, it } from 'vitest';
import { pageLanguage } from './page-language.js';

it.each([
  ['ja', 'ja'],
  ['ja-JP,ja;q=0.9,en-US;q=0.8', 'ja'],
  ['JA-jp ; Q=0.9, fr', 'ja'],
  ['en-US,en;q=0.9,ja;q=0.8', 'en'],
  ['en;q=0.2, ja;q=0.7', 'ja'],
  ['ja;q=0', 'en'],
  ['ja;q=nonsense', 'en'],
  ['fr-FR,fr;q=0.9', 'en'],
  ['jax', 'en'],
  ['', 'en'],
  [undefined, 'en'],
])('answers %j with %s', (header, language) => {
  expect(pageLanguage(header)).toBe(language);
});
