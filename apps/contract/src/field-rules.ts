/** Checks of single fields of contracts. */
import { checked, isoDay } from '#libs/http/src/text-rules.js';

/** The number of something in another system. */
export function ExternalId(): PropertyDecorator {
  return checked('externalId', '1 to 64 letters, digits, ".", "_" or "-", like CUST-2025-001', (text) => {
    return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
  });
}

/** A day that exists, `2025-05-29`. */
export function CalendarDay(): PropertyDecorator {
  return checked('calendarDay', 'a calendar day like 2025-05-29', (text) => {
    return /^\d{4}-\d\d-\d\d$/.test(text) && isoDay(text) === text;
  });
}
