import { checked } from '#libs/http/src/text-rules.js';
import { storageBytes } from './storage.js';

/** A property that `storageBytes` can read, like `500GB`. */
export function StorageQuantity(): PropertyDecorator {
  return checked('storageQuantity', 'a whole number with MB, GB, TB or PB, like 500GB or 1TB', (text) => {
    return storageBytes(text) !== undefined;
  });
}
