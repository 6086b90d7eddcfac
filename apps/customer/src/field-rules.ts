/** Checks of single fields of customers. */
import { ValidateIf } from 'class-validator';
import { checked } from '#libs/http/src/text-rules.js';
import { phoneKey } from './search-keys.js';

const phone = /^\+?[\p{Nd}\s()\-‐‑–−ー－（）.]+$/u;

/** A phone number in any of the ways that people write it. */
export function PhoneNumber(): PropertyDecorator {
  return checked('phoneNumber', 'a phone number with 6 to 15 digits, like 090-1234-5678', (text) => {
    const digits = phoneKey(text).length;
    return text.length <= 40 && phone.test(text.normalize('NFKC')) && digits >= 6 && digits <= 15;
  });
}

/** Several lines of text. */
export function LongText(maxLength: number): PropertyDecorator {
  const readable = /^(?=[^]*\S)(?:[^\p{Cc}\p{Cs}]|[\n\r\t])+$/u;
  return checked('longText', `text with 1 to ${maxLength} characters`, (text) => {
    return text.length <= maxLength && readable.test(text);
  });
}

/** A property that may be left out; null says the same. */
export function Nullable(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined && value !== null);
}
