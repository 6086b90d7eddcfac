const moreFollows = 0x80;
const sevenBits = 0x7f;

/**
 * Writes a protobuf message into one buffer, from its end to its beginning: the length of what is nested is known
 * when its header is due. So fields are written in falling order.
 */
export class WireWriter {
  readonly #buffer: Buffer;
  #start: number;

  /** @param mostBytes at least what the message will take */
  constructor(mostBytes: number) {
    this.#buffer = Buffer.allocUnsafe(mostBytes);
    this.#start = mostBytes;
  }

  /** Where the fields begin that are written by now; see `enclose`. */
  get mark(): number {
    return this.#start;
  }

  /** @param value whole and not negative */
  number(field: number, value: number): void {
    this.#varint(value);
    this.#varint(field << 3);
  }

  /** For what a number cannot hold; a negative one takes its two's complement. */
  bigint(field: number, value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    for (; rest >= BigInt(moreFollows); rest >>= 7n) bytes.push(Number(rest & BigInt(sevenBits)) | moreFollows);
    this.fields(Uint8Array.of(...bytes, Number(rest)));
    this.#varint(field << 3);
  }

  bytes(field: number, value: Uint8Array): void {
    this.fields(value);
    this.#header(field, value.length);
  }

  text(field: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#start -= length;
    this.#buffer.write(value, this.#start);
    this.#header(field, length);
  }

  /** Puts all fields that were written since then into a field of their own. */
  enclose(field: number, mark: number): void {
    this.#header(field, mark - this.#start);
  }

  /** What is encoded already. */
  fields(encoded: Uint8Array): void {
    this.#start -= encoded.length;
    this.#buffer.set(encoded, this.#start);
  }

  finish(): Buffer {
    return this.#buffer.subarray(this.#start);
  }

  #header(field: number, length: number): void {
    this.#varint(length);
    this.#varint((field << 3) | 2);
  }

  #varint(value: number): void {
    let length = 1;
    for (let rest = value; rest >= moreFollows; rest = Math.floor(rest / 128)) length += 1;
    this.#start -= length;
    let at = this.#start;
    let rest = value;
    for (; rest >= moreFollows; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest & sevenBits) | moreFollows;
    this.#buffer[at] = rest;
  }
}
