import { describe, expect, it } from 'vitest';
import { CallError } from './errors.js';
import { WireReader } from './wire-reader.js';

/** Steps over the whole message, and reads what `read` reads of each field. */
function readAll(bytes: readonly number[], read: (reader: WireReader) => unknown = () => undefined): unknown[] {
  const values: unknown[] = [];
  for (const reader = new WireReader(Buffer.from(bytes)); reader.next();) values.push(read(reader));
  return values;
}

/** A number that takes so many bytes in all, each of which says that another one follows but the last. */
function numberOf(bytes: number): number[] {
  return [...Array.from({ length: bytes - 1 }, () => 0x80), 0];
}

const numberField = 1 << 3;
const bytesField = (1 << 3) | 2;
const number = (reader: WireReader) => reader.number();
const bigint = (reader: WireReader) => reader.bigint();

it('reads numbers of ten bytes', () => {
  const largest = [numberField, ...Array.from({ length: 9 }, () => 0xff), 0x01];
  expect(readAll(largest, bigint)).toEqual([2n ** 64n - 1n]);
  expect(readAll([numberField, ...numberOf(10)], number)).toEqual([0]);
});

describe('a malformed message is refused', () => {
  const tooLong = 'The message cannot be read: a number of more than ten bytes.';
  const tooEarly = 'The message cannot be read: it ends too early.';
  const some = numberOf(150);

  it.each<{ title: string; bytes: number[]; read?: (reader: WireReader) => unknown; problem: string }>([
    { title: 'a tag of eleven bytes', bytes: numberOf(11), problem: tooLong },
    { title: 'an endless tag', bytes: some, problem: tooLong },
    { title: 'an endless length', bytes: [bytesField, ...some], problem: tooLong },
    { title: 'an endless length, and what follows', bytes: [bytesField, ...some, numberField, 1], problem: tooLong },
    { title: 'an endless number', bytes: [numberField, ...some], read: number, problem: tooLong },
    { title: 'an endless position', bytes: [numberField, ...numberOf(1_000_000)], read: bigint, problem: tooLong },
    { title: 'an endless number that nobody asks for', bytes: [numberField, ...some], problem: tooLong },
    { title: 'an unfinished tag', bytes: [0x80], problem: tooEarly },
    { title: 'a tag alone', bytes: [numberField], problem: tooEarly },
    { title: 'an unfinished number', bytes: [numberField, 0x80, 0x80], problem: tooEarly },
    { title: 'a length beyond the end', bytes: [bytesField, 3, 1, 1], problem: tooEarly },
    { title: 'a length beyond everything', bytes: [bytesField, ...Array(9).fill(0xff), 0x7f], problem: tooEarly },
    { title: 'eight bytes of which five came', bytes: [(1 << 3) | 1, 0, 0, 0, 0, 0], problem: tooEarly },
    { title: 'four bytes of which none came', bytes: [(1 << 3) | 5], problem: tooEarly },
    {
      title: 'a group',
      bytes: [(1 << 3) | 3],
      problem: 'The message cannot be read: field 1 is of kind 3.',
    },
    {
      title: 'bytes where a number is due',
      bytes: [bytesField, 1, 1],
      read: number,
      problem: 'The message cannot be read: field 1 is of kind 2.',
    },
  ])('$title', ({ bytes, read, problem }) => {
    expect(() => readAll(bytes, read)).toThrow(problem);
    expect(() => readAll(bytes, read)).toThrow(CallError);
  });

  it('inside another one too, whose end is its own', () => {
    const nested = [bytesField, 2, bytesField, 5, 1, 1, 1, 1, 1];
    expect(() => {
      const outer = new WireReader(Buffer.from(nested));
      outer.next();
      outer.message().next();
    }).toThrow(tooEarly);
  });
});
