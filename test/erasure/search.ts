/** Looks for texts in files, in every way in which a store, a log or a mail may have spelt them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface Found {
  /** Relative to the folder that was searched. */
  readonly file: string;
  readonly value: string;
  /** How it was spelt there. */
  readonly spelling: string;
}

/** The bytes that a text may stand as. */
export function spellings(value: string): ReadonlyMap<string, Buffer> {
  const plain = Buffer.from(value);
  return new Map([
    ['plain', plain],
    ['lower case', Buffer.from(value.toLowerCase())],
    ['UTF-16 LE', Buffer.from(value, 'utf16le')],
    ['UTF-16 BE', Buffer.from(value, 'utf16le').swap16()],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['URL', Buffer.from(encodeURIComponent(value))],
    ['form', Buffer.from(new URLSearchParams([['', value]]).toString().slice(1))],
    ['JSON', Buffer.from(JSON.stringify(value).slice(1, -1))],
    ['escaped JSON', Buffer.from(escaped(value))],
    ['quoted-printable', Buffer.from(quotedPrintable(plain))],
    ...[0, 1, 2].flatMap((offset): [string, Buffer][] => {
      const text = base64At(plain, offset);
      const urlSafe = text.replaceAll('+', '-').replaceAll('/', '_');
      return [
        [`base64 +${offset}`, Buffer.from(text)],
        [`base64url +${offset}`, Buffer.from(urlSafe)],
      ];
    }),
  ]);
}

/** Everything that is found in the files of a folder, each spelling once a file. */
export function searchFiles(folder: string, values: readonly string[]): readonly Found[] {
  const wanted = values.flatMap((value) =>
    [...spellings(value)].map(([spelling, bytes]) => ({ value, spelling, bytes })),
  );
  const found: Found[] = [];
  for (const path of filesIn(folder)) {
    const content = read(path);
    const file = relative(folder, path);
    for (const { value, spelling, bytes } of wanted) {
      if (content?.includes(bytes)) found.push({ file, value, spelling });
    }
  }
  return found;
}

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

/** Stores delete files of their own while they are searched. */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The characters that are certain wherever the bytes begin in what was encoded. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  return text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6));
}

function escaped(value: string): string {
  const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index));
  return units
    .map((unit) => (unit < 128 ? String.fromCharCode(unit) : `\\u${unit.toString(16).padStart(4, '0')}`))
    .join('');
}

function quotedPrintable(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => (byte < 128 && byte !== 61 ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase()}`))
    .join('');
}
