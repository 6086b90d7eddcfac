import { type Readable, Transform } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { customerProblem } from '../customer.problems.js';
import { columnOf, type CsvColumn, csvColumns, readCell } from './csv-columns.js';
import type { StagedRow } from './import-rows.js';

export const fileLimits = { bytes: 64 * 1024 * 1024, rows: 500_000 };
const mostBytesOfRow = 64 * 1024;
/** Wrong titles that an error names; a file of another kind has as many as it likes. */
const mostNamed = 5;
const encodings = ['utf-8', 'shift_jis'] as const;

/**
 * The rows of a file while it arrives. `contentType` may name the charset; UTF-8 unless it does.
 * @param passed is called with every piece of the file
 * @throws ProblemError import_unreadable, import_columns_unknown, import_too_large
 */
export async function* readCsv(
  file: Readable,
  contentType: string,
  passed: (bytes: Buffer) => void,
  limits = fileLimits,
): AsyncGenerator<StagedRow> {
  const decoded = file.pipe(decoding(encodingOf(contentType), passed, limits.bytes));
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: mostBytesOfRow,
  });
  decoded.on('error', (error) => parser.destroy(error));
  file.on('error', (error) => parser.destroy(error));
  let columns: readonly (CsvColumn | undefined)[] | undefined;
  let row = 0;
  try {
    for await (const cells of decoded.pipe(parser) as AsyncIterable<readonly string[]>) {
      row += 1;
      if (!columns) columns = columnsOf(cells);
      else if (row > limits.rows + 1) throw tooLarge();
      else yield staged(row, cells, columns);
    }
  } catch (error) {
    if (error instanceof CsvError && error.code === 'CSV_MAX_RECORD_SIZE') throw tooLarge();
    if (error instanceof CsvError) throw unreadable(`Row ${row + 1} can't be read: ${error.code}. Check its quotes.`);
    throw error;
  } finally {
    // Whoever sends does not wait for a reader who is gone.
    file.resume();
  }
  if (!columns) throw unreadable('The file is empty. Its first row holds the titles of the columns.');
}

function staged(row: number, cells: readonly string[], columns: readonly (CsvColumn | undefined)[]): StagedRow {
  if (cells.length !== columns.length) return { row, cells: {}, cellCount: cells.length };
  const named = columns.flatMap((column, index) => {
    const text = column && readCell(cells[index] ?? '');
    return text ? [[column, text] as const] : [];
  });
  return { row, cells: Object.fromEntries(named) };
}

/** @throws ProblemError import_columns_unknown */
function columnsOf(titles: readonly string[]): readonly (CsvColumn | undefined)[] {
  const columns = titles.map(columnOf);
  const unknown = titles.filter((_, index) => columns[index] === 'unknown');
  const known = columns.filter((column) => column !== undefined && column !== 'unknown');
  const twice = known.filter((column, index) => known.indexOf(column) !== index);
  if (unknown.length > 0 || twice.length > 0 || !known.includes('name')) {
    const wrong = [
      ...unknown.map((title) => `"${title.slice(0, 40)}" is no column`),
      ...twice.map((column) => `${column} stands there twice`),
      ...(known.includes('name') ? [] : ['name is missing']),
    ];
    const named =
      wrong.length > mostNamed ? [...wrong.slice(0, mostNamed), `and ${wrong.length - mostNamed} more`] : wrong;
    const detail = `${named.join('; ')}. Columns are: ${csvColumns.join(', ')}. Correct the first row.`;
    throw customerProblem('import_columns_unknown', detail);
  }
  return columns as readonly (CsvColumn | undefined)[];
}

function encodingOf(contentType: string): (typeof encodings)[number] {
  const charset = /charset="?([\w-]+)"?/i.exec(contentType)?.[1]?.toLowerCase().replace('windows-31j', 'shift_jis');
  if (charset === undefined) return 'utf-8';
  const encoding = encodings.find((each) => each === charset.replace('utf8', 'utf-8'));
  if (!encoding) throw unreadable(`The charset ${charset} is not read. Send ${encodings.join(' or ')}.`);
  return encoding;
}

function decoding(encoding: string, passed: (bytes: Buffer) => void, mostBytes: number): Transform {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let size = 0;
  const decode = (bytes?: Buffer): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw unreadable(`The file is not ${encoding}. Save it so, or name its charset in Content-Type.`);
    }
  };
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      size += bytes.length;
      passed(bytes);
      if (size > mostBytes) return done(tooLarge());
      return attempt(() => decode(bytes), done);
    },
    flush: (done) => attempt(() => decode(), done),
  });
}

function attempt(decode: () => string, done: (error: Error | null, text?: string) => void): void {
  let text: string;
  try {
    text = decode();
  } catch (error) {
    return done(error as Error);
  }
  return done(null, text);
}

const unreadable = (detail: string): Error => customerProblem('import_unreadable', detail);
const tooLarge = (): Error => customerProblem('import_too_large');
