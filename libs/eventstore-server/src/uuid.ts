const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const hexOnly = /^[0-9a-f]{32}$/i;

export const uuidByteLength = 16;

/** Lower-case dashed form; undefined when the text is not a UUID. */
export function parseUuid(text: string): string | undefined {
  if (canonical.test(text)) return text.toLowerCase();
  return hexOnly.test(text) ? dashed(text.toLowerCase()) : undefined;
}

export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

export function uuidFromBytes(bytes: Buffer): string {
  return dashed(bytes.toString('hex'));
}

/** From the two 64-bit halves, signed or not, that the wire's structured form carries. */
export function uuidFromHalves(mostSignificant: bigint, leastSignificant: bigint): string {
  const bits = (BigInt.asUintN(64, mostSignificant) << 64n) | BigInt.asUintN(64, leastSignificant);
  return dashed(bits.toString(16).padStart(32, '0'));
}

function dashed(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
