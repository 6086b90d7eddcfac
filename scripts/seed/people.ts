/** The customers of the data set: the same number and seed always make the same one. */
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { type Random, seeded, weighted } from '../faults/random.js';
import { familyNames, givenNames, type Name, type Place, places, trades } from './names.js';

const birthDays = 25_000;
const firstBirthDay = Date.UTC(1935, 0, 1);
const dayMs = 86_400_000;
/** Every so many customers one is of the family of the one before. */
const familyEvery = 25;
const companyEvery = 30;

/** Random numbers of one thing in the data set, whatever was made before it. */
export function randomOf(seed: number, purpose: number, number: number): Random {
  const random = seeded(
    Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35),
  );
  // Neighbours differ in few bits, which the first numbers would show.
  random();
  return random;
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}

/** Who shares home and telephone with this customer; undefined for who shares them with nobody before. */
export function relativeOf(number: number): number | undefined {
  return number % familyEvery === familyEvery - 1 ? number - 1 : undefined;
}

/**
 * What is known of a customer. No two look alike as the duplicate check has it, except relatives: telephone, mail
 * address and postal code are of this number alone, and who has the same day of birth has another given name.
 */
export function recordOf(seed: number, number: number): CustomerRecord {
  const own = number % companyEvery === companyEvery / 2 ? companyRecord(seed, number) : personRecord(seed, number);
  const relative = relativeOf(number);
  if (relative === undefined) return own;
  const { phone, postalCode, address } = recordOf(seed, relative);
  return { ...own, phone, postalCode, address };
}

function personRecord(seed: number, number: number): CustomerRecord {
  const random = randomOf(seed, 1, number);
  const family = familyName(seed, relativeOf(number) ?? number);
  const day = spread(seed, number, 7_919, birthDays);
  const given = givenNames[(day + Math.floor(number / birthDays)) % givenNames.length]!;
  const gap = weighted(random, { ' ': 85, '　': 10, '': 5 });
  const kana = [family[1], given[1]].join(' ');
  return {
    name: family[0] + gap + given[0],
    nameKana: weighted(random, { full: 90, hiragana: 5, none: 5 }) === 'none' ? null : kanaWritten(random, kana),
    ...reachedBy(seed, number, random, given[2], family[2]),
    birthDate: random() < 0.1 ? null : new Date(firstBirthDay + day * dayMs).toISOString().slice(0, 10),
    ...wishes(random),
  };
}

function companyRecord(seed: number, number: number): CustomerRecord {
  const random = randomOf(seed, 1, number);
  const family = familyName(seed, number);
  const trade = pick(random, trades);
  return {
    name: `株式会社${family[0]}${trade[0]}`,
    nameKana: `カブシキガイシャ ${family[1]}${trade[1]}`,
    ...reachedBy(seed, number, random, 'info', `${family[2]}-${trade[2]}`),
    birthDate: null,
    ...wishes(random),
  };
}

/** Frequent names are frequent: the first tenth of them is that of four in ten people. */
function familyName(seed: number, number: number): Name {
  return familyNames[Math.floor(randomOf(seed, 2, number)() ** 2.2 * familyNames.length)]!;
}

function kanaWritten(random: Random, kana: string): string {
  if (random() >= 0.05) return kana;
  return kana.replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
}

function reachedBy(seed: number, number: number, random: Random, first: string, last: string) {
  const home = spread(seed, number, 314_159, places.length * 10_000);
  const [postal, place] = places[home % places.length]! satisfies Place;
  const local = String(Math.floor(home / places.length)).padStart(4, '0');
  const isKnown = random() >= 0.15;
  const house = [1 + Math.floor(random() * 9), 1 + Math.floor(random() * 30), 1 + Math.floor(random() * 20)].join('-');
  return {
    email: random() < 0.15 ? null : mailWritten(random, first, last, number),
    phone: random() < 0.06 ? null : phoneWritten(random, spread(seed, number, 61_803_399, 100_000_000)),
    postalCode: isKnown ? `${postal}-${local}` : null,
    address: isKnown ? place + house : null,
  };
}

function mailWritten(random: Random, first: string, last: string, number: number): string {
  const mark = number.toString(36);
  const local = pick(random, [`${first}.${last}.${mark}`, `${last}_${first}${mark}`, `${first[0]}.${last}${mark}`]);
  return `${local}@${pick(random, ['example.jp', 'example.ne.jp', 'example.com', 'mail.example.jp', 'example.org'])}`;
}

function phoneWritten(random: Random, line: number): string {
  const digits = String(line).padStart(8, '0');
  const prefix = ['090', '080', '070'][line % 3]!;
  const hyphened = `${prefix}-${digits.slice(0, 4)}-${digits.slice(4)}`;
  const ways = {
    hyphens: () => hyphened,
    digits: () => prefix + digits,
    international: () => `+81 ${hyphened.slice(1)}`,
    wide: () => hyphened.replace(/[\d-]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
  };
  return ways[weighted(random, { hyphens: 72, digits: 14, international: 8, wide: 6 })]();
}

const notes = [
  '退職金の運用を検討中。夕方以降の電話を希望。',
  '毎月の積立を増やしたいとのこと。次回はNISAの枠を説明する。',
  '相続の相談あり。税理士の紹介を希望。',
  '外貨建ての商品に関心がある。為替の見通しを送る約束。',
  '元本割れは避けたい。定期預金からの乗り換えを慎重に考えている。',
  'お子さまの教育資金のため、十年ほどの運用を希望。',
];

function wishes(random: Random): Pick<CustomerRecord, 'note' | 'investmentProfile' | 'riskTolerance'> {
  const note = random() < 0.25 ? pick(random, notes) : null;
  const profile = weighted(random, { conservative: 38, moderate: 32, aggressive: 12, unknown: 18 });
  if (profile === 'unknown') return { note, investmentProfile: null, riskTolerance: null };
  const usual = { conservative: 'low', moderate: 'medium', aggressive: 'high' } as const;
  const riskTolerance = random() < 0.8 ? usual[profile] : pick(random, ['low', 'medium', 'high'] as const);
  return { note, investmentProfile: profile, riskTolerance };
}

/** Another value below `size` for each number below it; `step` has no factor in common with `size`. */
function spread(seed: number, number: number, step: number, size: number): number {
  return Number((BigInt(number) * BigInt(step) + BigInt(seed) * 7_777n) % BigInt(size));
}
