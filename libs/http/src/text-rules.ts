/** Checks of single texts that class-validator does not have in this strictness. */
import { ValidateBy } from 'class-validator';

// Control characters and halves of surrogate pairs can't be stored in Postgres and have no place in a mail.
const readable = /^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
// Postgres has no year 0, and reads no years of five digits; the zone may lead to either.
const storableYear = /^(?!0000)\d{4}-/;

/** One line of text that people read. */
export function PlainText(maxLength: number): PropertyDecorator {
  return checked('plainText', `one line of text with 1 to ${maxLength} characters`, (text) => {
    return text.length <= maxLength && readable.test(text);
  });
}

/** Text of several lines. */
export function LongText(maxLength: number): PropertyDecorator {
  return checked('longText', `text with 1 to ${maxLength} characters`, (text) => {
    return text.length <= maxLength && readable.test(text.replaceAll(/[\n\r\t]/g, ' '));
  });
}

/** A point in time with its zone, `2025-05-29T09:00:00Z`. */
export function Instant(): PropertyDecorator {
  return checked('instant', 'an instant with its zone, like 2025-05-29T09:00:00Z', (text) => {
    const time = instant.test(text) ? Date.parse(text) : NaN;
    if (Number.isNaN(time) || isoDay(text.slice(0, 10)) !== text.slice(0, 10)) return false;
    return storableYear.test(new Date(time).toISOString());
  });
}

/** A day that exists and can be stored, `2025-05-29`. */
export function CalendarDay(): PropertyDecorator {
  return checked('calendarDay', 'a calendar day like 2025-05-29', (text) => {
    return storableYear.test(text) && /^\d{4}-\d\d-\d\d$/.test(text) && isoDay(text) === text;
  });
}

export function isoDay(day: string): string | undefined {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
}

/** A rule of one's own for a text: `<property> must be <expected>`. */
export function checked(name: string, expected: string, fits: (text: string) => boolean): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && fits(value),
      defaultMessage: () => `$property must be ${expected}`,
    },
  });
}
