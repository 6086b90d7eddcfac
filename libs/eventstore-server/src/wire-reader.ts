import { type CallError, unforeseen } from './errors.js';

const moreFollows = 0x80;
const sevenBits = 0x7f;
/** So many hold 64 bits. */
const mostVarintBytes = 10;

// The kinds of fields.
const varint = 0;
const eightBytes = 1;
const delimited = 2;
const fourBytes = 5;

/**
 * Steps through the fields of a protobuf message. What it gives of the message are views, not copies.
 * Everything throws a CallError where the message is malformed.
 */
export class WireReader {
  /** Number of the field that it stands at. */
  field = 0;
  #kind = varint;
  #valueAt = 0;
  #at: number;

  constructor(
    private readonly buffer: Buffer,
    start = 0,
    private readonly end = buffer.length,
  ) {
    this.#at = start;
  }

  /** To the next field; false at the end. A field that nobody asks for is passed over. */
  next(): boolean {
    if (this.#at === this.end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.#kind = tag & 7;
    this.#valueAt = this.#at;
    switch (this.#kind) {
      case varint:
        this.#varint();
        return true;
      case delimited: {
        const length = this.#varint();
        this.#valueAt = this.#at;
        return this.#pass(length);
      }
      case eightBytes:
        return this.#pass(8);
      case fourBytes:
        return this.#pass(4);
      default:
        throw broken(`field ${this.field} is of kind ${this.#kind}`);
    }
  }

  /** Rounded where it is above 2^53. */
  number(): number {
    this.#demand(varint);
    let value = 0;
    let factor = 1;
    for (let at = this.#valueAt; at < this.#at; at++, factor *= 128) value += (this.buffer[at]! & sevenBits) * factor;
    return value;
  }

  /** Of 64 bits, without sign. */
  bigint(): bigint {
    this.#demand(varint);
    let value = 0n;
    for (let at = this.#at; at-- > this.#valueAt;) value = (value << 7n) | BigInt(this.buffer[at]! & sevenBits);
    return BigInt.asUintN(64, value);
  }

  bytes(): Buffer {
    this.#demand(delimited);
    return this.buffer.subarray(this.#valueAt, this.#at);
  }

  text(): string {
    this.#demand(delimited);
    return this.buffer.toString('utf8', this.#valueAt, this.#at);
  }

  /** Whether the value is this text, which must be ASCII; cheaper than `text`. */
  is(text: string): boolean {
    this.#demand(delimited);
    if (this.#at - this.#valueAt !== text.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.buffer[this.#valueAt + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  message(): WireReader {
    this.#demand(delimited);
    return new WireReader(this.buffer, this.#valueAt, this.#at);
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let bytes = 0; bytes < mostVarintBytes; bytes++, factor *= 128) {
      const byte = this.#byte();
      if (byte < moreFollows) return value + byte * factor;
      value += (byte & sevenBits) * factor;
    }
    throw broken('a number of more than ten bytes');
  }

  #byte(): number {
    if (this.#at >= this.end) throw broken('it ends too early');
    return this.buffer[this.#at++]!;
  }

  #pass(length: number): true {
    this.#at += length;
    if (this.#at > this.end) throw broken('it ends too early');
    return true;
  }

  #demand(kind: number): void {
    if (this.#kind !== kind) throw broken(`field ${this.field} is of kind ${this.#kind}`);
  }
}

function broken(what: string): CallError {
  return unforeseen(`The message cannot be read: ${what}.`);
}
