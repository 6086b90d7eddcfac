import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

const ROTATE_AT_BYTES = 20 * 1024 * 1024;

/** The lines that are appended to a log after it was opened. */
export interface LogTail extends Disposable {
  /** Open for appending, to be handed to a child process. */
  readonly descriptor: number;
  /** Complete lines that were not returned yet. */
  newLines(): string[];
}

/** A part writes straight into its log file: no pipe that fills up or breaks when this process dies. */
export function openLog(path: string): LogTail {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > ROTATE_AT_BYTES) renameSync(path, `${path}.1`);
  const descriptor = openSync(path, 'a+', 0o600);
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(64 * 1024);
  let position = fstatSync(descriptor).size;
  let rest = '';
  return {
    descriptor,
    newLines() {
      const length = readSync(descriptor, buffer, 0, buffer.length, position);
      position += length;
      const lines = (rest + decoder.write(buffer.subarray(0, length))).split('\n');
      rest = lines.pop() ?? '';
      return lines;
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}
