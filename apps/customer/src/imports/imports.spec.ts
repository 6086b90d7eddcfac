import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ProblemError } from '#libs/http/src/problem.js';
import { hanako } from '../spec-histories.js';
import { SeenRows } from './alike.js';
import { columnOf, readCell, written } from './csv-columns.js';
import { readRow, type StagedRow } from './import-rows.js';
import { fileLimits, readCsv } from './read-csv.js';

async function rowsOf(file: string | Buffer, contentType = 'text/csv', limits = fileLimits): Promise<StagedRow[]> {
  const bytes = Buffer.from(file);
  // In small pieces, as they may arrive: characters are cut in two.
  const pieces = Array.from({ length: Math.ceil(bytes.length / 5) }, (_, n) => bytes.subarray(n * 5, n * 5 + 5));
  const rows: StagedRow[] = [];
  for await (const row of readCsv(Readable.from(pieces), contentType, () => undefined, limits)) rows.push(row);
  return rows;
}

describe('a file', () => {
  it('is read row by row, with what its titles mean', async () => {
    const file = '\uFEFF氏名,id,Email ,phone\r\n"佐藤, 花子",17,a@example.jp,\r\n\r\n鈴木,,,\' \r\n';
    expect(await rowsOf(file.replace('Email ', 'email'))).toEqual([
      { row: 2, cells: { name: '佐藤, 花子', email: 'a@example.jp' } },
      { row: 3, cells: { name: '鈴木', phone: "'" } },
    ]);
  });

  it('may be Shift_JIS, when it says so', async () => {
    const shiftJis = Buffer.from([0x8e, 0x81, 0x96, 0xbc, 0x0a, 0x8d, 0xb2, 0x93, 0xa1, 0x0a]);
    expect(await rowsOf(shiftJis, 'text/csv; charset=Shift_JIS')).toEqual([{ row: 2, cells: { name: '佐藤' } }]);
    expect(await problemOf(shiftJis)).toMatchObject({
      code: 'import_unreadable',
      detail: expect.stringMatching(/is not utf-8/) as unknown,
    });
  });

  it('keeps a row that has too many cells apart', async () => {
    expect(await rowsOf('name,email\na,b,c\n')).toEqual([{ row: 2, cells: {}, cellCount: 3 }]);
  });

  it.each<[string, string, RegExp]>([
    ['', 'import_unreadable', /empty/],
    ['name\n"a', 'import_unreadable', /quotes/],
    ['name,rank,name\nx,y,z', 'import_columns_unknown', /"rank" is no column; name stands there twice/],
    ['email\na@example.jp', 'import_columns_unknown', /name is missing/],
  ])('%j is refused and says what to correct', async (file, code, detail) => {
    const problem = await problemOf(file);
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(detail);
  });

  it('is as large as the limits say, and refused as soon as it is larger', async () => {
    const file = 'name\n佐藤\n鈴木\n高橋\n';
    const limits = { rows: 3, bytes: Buffer.byteLength(file) };
    expect(await rowsOf(file, 'text/csv', limits)).toHaveLength(3);
    for (const less of [{ rows: 2 }, { bytes: limits.bytes - 1 }]) {
      const problem = await problemOf(file, 'text/csv', { ...limits, ...less });
      expect([problem.code, problem.detail]).toEqual(['import_too_large', expect.stringContaining('500,000 rows')]);
    }
    expect(fileLimits).toEqual({ rows: 500_000, bytes: 64 * 1024 * 1024 });
  });

  it('with too many titles that nobody knows names the first of them', async () => {
    const titles = Array.from({ length: 5_000 }, (_, n) => `rank ${n}`).join();
    const { code, detail } = await problemOf(`name,${titles}\nx`);
    expect(code).toBe('import_columns_unknown');
    expect(detail).toMatch(/"rank 0" is no column; .*"rank 4" is no column; and 4995 more\. Columns are: name,/);
  });

  it('in a charset that nobody reads is refused', async () => {
    expect((await problemOf('name\nx', 'text/csv; charset=utf-16')).detail).toMatch(/utf-8 or shift_jis/);
  });

  async function problemOf(
    file: string | Buffer,
    contentType?: string,
    limits?: typeof fileLimits,
  ): Promise<ProblemError> {
    return (await rowsOf(file, contentType, limits).catch((error: unknown) => error)) as ProblemError;
  }
});

it('a title may be in Japanese, and what an export adds is passed over', () => {
  expect(['氏名', 'nameKana', 'ﾌﾘｶﾞﾅ', 'createdAt', 'rank'].map(columnOf)).toEqual([
    'name',
    'nameKana',
    'nameKana',
    undefined,
    'unknown',
  ]);
});

it.each(['=1+1', '+81 3-1111-2222', '-', '@x', "'quoted", "''", '佐藤'])('%s comes back as it was', (value) => {
  expect(written(value)).not.toMatch(/^[=+\-@]/);
  expect(readCell(written(value))).toBe(value);
});

describe('a row', () => {
  it('is a customer, or tells by column what is wrong and shows no value', () => {
    const assignedSalesId = randomUUID();
    expect(readRow({ row: 2, cells: { name: '佐藤', phone: '03-1111-2222', assignedSalesId } })).toMatchObject({
      row: 2,
      record: { name: '佐藤', phone: '03-1111-2222', email: null },
      assignedSalesId,
    });
    const wrong = readRow({ row: 3, cells: { email: 'secret', birthDate: '1980/4/1' } });
    expect(wrong.errors?.map(({ column }) => column).toSorted()).toEqual(['birthDate', 'email', 'name']);
    expect(JSON.stringify(wrong)).not.toMatch(/secret|1980/);
    expect(readRow({ row: 4, cells: {}, cellCount: 7 }).errors).toMatchObject([
      { column: '', detail: expect.stringMatching(/7 cells/) as unknown },
    ]);
  });

  it('is compared with those before it', () => {
    const seen = new SeenRows();
    const add = (row: number, changes: object) => seen.add({ row, record: { ...hanako, ...changes } });
    expect(add(2, {})).toEqual([]);
    expect(add(3, { name: 'x', email: null, phone: null })).toEqual([]);
    expect(add(4, { name: 'y', email: 'HANAKO.sato@example.jp', phone: null })).toEqual([2]);
    expect(add(5, { email: null, phone: null, postalCode: null })).toEqual([2]);
  });
});
