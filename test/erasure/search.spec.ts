import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { searchFiles } from './search.js';

const name = 'Zuihō & 切株 Ltd.';

describe('the search', () => {
  it.each([
    ['plain', Buffer.from(`<${name}>`)],
    ['UTF-16 LE', Buffer.from(`<${name}>`, 'utf16le')],
    ['UTF-16 BE', Buffer.from(`<${name}>`, 'utf16le').swap16()],
    ['hex', Buffer.from(Buffer.from(name).toString('hex'))],
    ['URL', Buffer.from(`?q=${encodeURIComponent(name)}&r`)],
    ['form', Buffer.from(new URLSearchParams({ q: name, r: '1' }).toString())],
    ['escaped JSON', Buffer.from('"Zuih\\u014d & \\u5207\\u682a Ltd."')],
    ['quoted-printable', Buffer.from('Zuih=C5=8D & =E5=88=87=E6=A0=AA Ltd.')],
    ...[0, 1, 2].map((n): [string, Buffer] => [
      `base64 +${n}`,
      Buffer.from(Buffer.from(`${'x'.repeat(n)}${name}xyz`).toString('base64')),
    ]),
    ['base64url +0', Buffer.from(Buffer.from(`${name}~~~`).toString('base64url'))],
  ])('finds what is spelt in %s, anywhere in a file', (spelling, bytes) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep', 'file'), Buffer.concat([Buffer.from([0, 255]), bytes, Buffer.from([0])]));
    writeFileSync(join(folder, 'other'), 'Zuih');
    const found = searchFiles(folder, [name]);
    expect(found).toContainEqual({ file: join('deep', 'file'), value: name, spelling });
    expect(found.every(({ file }) => file !== 'other')).toBe(true);
  });
});
