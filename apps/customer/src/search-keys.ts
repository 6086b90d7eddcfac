/** How names, mail addresses and phone numbers are compared: the same for every way to write them. */

/** Characters of names that people write in one way or the other; Unicode tells them apart for good. */
const variants: Readonly<Record<string, string>> = {
  髙: '高',
  﨑: '崎',
  嵜: '崎',
  濵: '浜',
  濱: '浜',
  邊: '辺',
  邉: '辺',
  齋: '斎',
  齊: '斉',
  澤: '沢',
  廣: '広',
  國: '国',
  櫻: '桜',
  𠮷: '吉',
  德: '徳',
  惠: '恵',
  眞: '真',
  龍: '竜',
};
const variant = new RegExp(`[${Object.keys(variants).join('')}]`, 'gu');
const hiraganaBehind = 0x60;

/** `ｻﾄｳ ﾊﾅｺ` and `さとう はなこ` are the same; so are `髙橋` and `高橋`, `SATO` and `ｓａｔｏ`. */
export function nameKey(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - hiraganaBehind))
    .replace(variant, (character) => variants[character] ?? character)
    .replace(/[\s・]/gu, '');
}

export function emailKey(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase();
}

/** Digits only, as they are dialled in Japan: `+81 90-1234-5678` and `０９０（１２３４）５６７８` are the same. */
export function phoneKey(phone: string): string {
  const plain = phone.normalize('NFKC').trim();
  const digits = plain.replace(/\D/g, '');
  return plain.startsWith('+81') ? `0${digits.slice(2).replace(/^0/, '')}` : digits;
}

export function postalKey(postalCode: string): string {
  return postalCode.normalize('NFKC').toLowerCase().replace(/[\s-]/g, '');
}
