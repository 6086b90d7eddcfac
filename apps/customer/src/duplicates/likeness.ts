/** What makes two customers look alike. */
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { keysOf } from '../customer-search/customer-search.projection.js';

/** What two customers have in common. */
export const likenesses = ['email', 'phone', 'nameAndBirthDate', 'nameAndPostalCode'] as const;
export type Likeness = (typeof likenesses)[number];

/** By what a customer is compared; null where nothing is known, or where it is not to count. */
export type Keys = Omit<ReturnType<typeof keysOf>, 'kanaKey'>;

/** The keys by which a customer may have become like another one. */
export function newKeys(record: CustomerRecord, before: CustomerRecord | undefined): Keys {
  const { kanaKey: _kanaKey, ...keys } = keysOf(record);
  if (!before) return keys;
  const old = keysOf(before);
  const renamed = keys.nameKey !== old.nameKey;
  return {
    emailKey: keys.emailKey === old.emailKey ? null : keys.emailKey,
    phoneKey: keys.phoneKey === old.phoneKey ? null : keys.phoneKey,
    nameKey: keys.nameKey,
    birthDate: renamed || keys.birthDate !== old.birthDate ? keys.birthDate : null,
    postalKey: renamed || keys.postalKey !== old.postalKey ? keys.postalKey : null,
  };
}

/** A text for each likeness; two customers with the same text are alike in that. */
export function marksOf(keys: Keys): readonly string[] {
  return likenesses.flatMap((likeness) => {
    const values = valuesOf[likeness](keys);
    return values.includes(null) ? [] : [JSON.stringify([likeness, ...values])];
  });
}

/** What both have in common. */
export function sameOf(one: Keys, other: Keys): readonly Likeness[] {
  const marks = new Set(marksOf(other));
  return marksOf(one).flatMap((mark) => (marks.has(mark) ? [(JSON.parse(mark) as [Likeness])[0]] : []));
}

const valuesOf: Readonly<Record<Likeness, (keys: Keys) => readonly (string | null)[]>> = {
  email: ({ emailKey }) => [emailKey],
  phone: ({ phoneKey }) => [phoneKey],
  nameAndBirthDate: ({ nameKey, birthDate }) => [nameKey, birthDate],
  nameAndPostalCode: ({ nameKey, postalKey }) => [nameKey, postalKey],
};
