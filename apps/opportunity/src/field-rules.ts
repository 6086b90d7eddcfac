/** Checks of single fields of deals. */
import { checked, isoDay } from '#libs/http/src/text-rules.js';

/** A day that exists, `2026-03-31`. */
export function CalendarDay(): PropertyDecorator {
  return checked('calendarDay', 'a calendar day like 2026-03-31', (text) => {
    return /^\d{4}-\d\d-\d\d$/.test(text) && isoDay(text) === text;
  });
}
