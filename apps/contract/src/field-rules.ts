/** Checks of single fields that class-validator does not have in this strictness. */
import { ValidateBy } from 'class-validator';
import { storageBytes } from '#libs/catalogue/src/storage.js';

// Control characters and halves of surrogate pairs can't be stored in Postgres and have no place in a mail.
const readable = /^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** One line of text that people read. */
export function PlainText(maxLength: number): PropertyDecorator {
  return checked('plainText', `one line of text with 1 to ${maxLength} characters`, (text) => {
    return text.length <= maxLength && readable.test(text);
  });
}

/** The number of something in another system. */
export function ExternalId(): PropertyDecorator {
  return checked('externalId', '1 to 64 letters, digits, ".", "_" or "-", like CUST-2025-001', (text) => {
    return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
  });
}

export function StorageQuantity(): PropertyDecorator {
  return checked('storageQuantity', 'a whole number with MB, GB, TB or PB, like 500GB or 1TB', (text) => {
    return storageBytes(text) !== undefined;
  });
}

/** A day that exists, `2025-05-29`. */
export function CalendarDay(): PropertyDecorator {
  return checked('calendarDay', 'a calendar day like 2025-05-29', (text) => {
    return /^\d{4}-\d\d-\d\d$/.test(text) && isoDay(text) === text;
  });
}

/** A point in time with its zone, `2025-05-29T09:00:00Z`. */
export function Instant(): PropertyDecorator {
  return checked('instant', 'an instant with its zone, like 2025-05-29T09:00:00Z', (text) => {
    return instant.test(text) && !Number.isNaN(Date.parse(text)) && isoDay(text.slice(0, 10)) === text.slice(0, 10);
  });
}

function isoDay(day: string): string | undefined {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
}

function checked(name: string, expected: string, fits: (text: string) => boolean): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && fits(value),
      defaultMessage: () => `$property must be ${expected}`,
    },
  });
}
