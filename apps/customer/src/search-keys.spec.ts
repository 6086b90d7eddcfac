import { expect, it } from 'vitest';
import { emailKey, nameKey, phoneKey, postalKey } from './search-keys.js';

it.each([
  ['サトウ　ハナコ', 'さとう はなこ'],
  ['ｻﾄｳ ﾊﾅｺ', 'サトウハナコ'],
  ['ﾊﾞﾝﾄﾞｳ', 'ばんどう'],
  ['髙橋 﨑', '高橋崎'],
  ['渡邊', '渡辺'],
  ['Ｓａｔｏ　Ｈａｎａｋｏ', 'sato HANAKO'],
  ['ジャン・クロード', 'じゃんくろーど'],
])('names %s and %s are the same', (one, other) => {
  expect(nameKey(one)).toBe(nameKey(other));
});

it('names that differ stay different', () => {
  expect(nameKey('はな')).not.toBe(nameKey('ばな'));
  expect(nameKey('佐藤')).not.toBe(nameKey('さとう'));
});

it.each(['090-1234-5678', '０９０（１２３４）５６７８', '+81 90-1234-5678', '+81 (0)90 1234 5678', '090 1234 5678'])(
  '%s is dialled as 09012345678',
  (phone) => {
    expect(phoneKey(phone)).toBe('09012345678');
  },
);

it('mail addresses and postal codes have one way of writing', () => {
  expect(emailKey(' Hanako.Sato＠Example.JP ')).toBe('hanako.sato@example.jp');
  expect(postalKey('１００-０００１')).toBe('1000001');
});
