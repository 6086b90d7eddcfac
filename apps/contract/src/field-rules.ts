/** Checks of single fields of contracts. */
import { checked } from '#libs/http/src/text-rules.js';

/** The number of something in another system. */
export function ExternalId(): PropertyDecorator {
  return checked('externalId', '1 to 64 letters, digits, ".", "_" or "-", like CUST-2025-001', (text) => {
    return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
  });
}
