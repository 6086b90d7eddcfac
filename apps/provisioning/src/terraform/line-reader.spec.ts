import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { LineReader } from './line-reader.js';

async function opened(): Promise<FileHandle> {
  const file = await open(join(temporaryFolder(), 'output.log'), 'ax+');
  onTestFinished(() => file.close());
  return file;
}

it('answers whole lines, however they come', async () => {
  const file = await opened();
  const lines = new LineReader(file);
  expect(await lines.next()).toEqual([]);
  const text = Buffer.from('one\n\nクラスタ\nthe last');
  // In the middle of a letter.
  await file.appendFile(text.subarray(0, 10));
  expect(await lines.next()).toEqual(['one', '']);
  await file.appendFile(text.subarray(10, 13));
  expect(await lines.next()).toEqual([]);
  await file.appendFile(text.subarray(13));
  expect(await lines.next()).toEqual(['クラスタ']);
  await file.appendFile('\n');
  expect(await lines.next()).toEqual(['the last']);
  const long = ['x'.repeat(200_000), 'y'.repeat(70_000)];
  await file.appendFile(`${long.join('\n')}\n`);
  expect(await lines.next()).toEqual(long);
});

it('reads nothing twice', async () => {
  const file = await opened();
  let bytes = 0;
  const read = async (...args: [Buffer, number, number, number]) => {
    const answer = await file.read(...args);
    bytes += answer.bytesRead;
    return answer;
  };
  const lines = new LineReader({ read } as FileHandle);
  for (let line = 0; line < 100; line += 1) {
    await file.appendFile(`line ${line}\n`);
    expect(await lines.next()).toEqual([`line ${line}`]);
  }
  expect(bytes).toBe((await file.stat()).size);
});
