import { unforeseen } from './errors.js';
import { parseUuid, uuidFromHalves } from './uuid.js';
import { WireReader } from './wire-reader.js';

const nothing = Buffer.alloc(0);

/** An encoded `UUID` in its lower-case dashed form. @throws CallError when it is missing or none */
export function decodeUuid(message: Buffer | undefined): string {
  for (const reader = new WireReader(message ?? nothing); reader.next();) {
    if (reader.field === 1) return readHalves(reader.message());
    if (reader.field === 2) {
      const text = reader.text();
      const parsed = parseUuid(text);
      if (parsed === undefined) throw unforeseen(`'${text}' is not a UUID.`);
      return parsed;
    }
  }
  throw unforeseen('A UUID is missing: give it as text or in its structured form.');
}

function readHalves(reader: WireReader): string {
  let mostSignificant = 0n;
  let leastSignificant = 0n;
  while (reader.next()) {
    if (reader.field === 1) mostSignificant = reader.bigint();
    else if (reader.field === 2) leastSignificant = reader.bigint();
  }
  return uuidFromHalves(mostSignificant, leastSignificant);
}
