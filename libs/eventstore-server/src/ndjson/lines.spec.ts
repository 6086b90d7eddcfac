import { expect, it } from 'vitest';
import { linesIn } from './lines.js';

async function linesOf(...chunks: readonly (string | Buffer)[]) {
  async function* input(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk as string));
  }
  const lines = [];
  for await (const { number, text } of linesIn(input())) lines.push([number, text]);
  return lines;
}

it('cuts at line feeds, wherever the chunks end, and counts empty lines', async () => {
  expect(await linesOf('on', 'e\ntw', 'o\n', '\n \r\nfive')).toEqual([
    [1, 'one'],
    [2, 'two'],
    [5, 'five'],
  ]);
});

it('takes no other character for the end of a line', async () => {
  expect(await linesOf('a\u2028b\u0085c\n')).toEqual([[1, 'a\u2028b\u0085c']]);
});

it('puts characters together that two chunks share', async () => {
  const bytes = Buffer.from('日\n');
  expect(await linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual([[1, '日']]);
});

it('names the line that is not UTF-8', async () => {
  await expect(linesOf('fine\n', Buffer.from([0xff]), '\n')).rejects.toThrow('Line 2: It is not UTF-8.');
});

it('gives up on a line without end', async () => {
  const much = Buffer.alloc(33 * 1024 * 1024, 'x');
  await expect(linesOf('fine\n', much, much)).rejects.toThrow('Line 2: It is longer than 67108864 bytes.');
});
