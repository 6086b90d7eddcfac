/** From a row of a file to a customer, or to what is wrong with it. */
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { CreateCustomerDto, recordFrom } from '../customer.dto.js';
import type { CsvColumn } from './csv-columns.js';

/** As it is kept until its turn: its number in the file, where the titles are 1, and its cells by column. */
export interface StagedRow {
  readonly row: number;
  readonly cells: Readonly<Partial<Record<CsvColumn, string>>>;
  /** How many cells it has, where that is not as many as there are titles. */
  readonly cellCount?: number;
}

export interface RowError {
  /** A column; empty where it is the row as a whole. */
  readonly column: string;
  /** Says what is expected and never shows the value. */
  readonly detail: string;
}

export type ReadRow =
  | { readonly row: number; readonly errors: readonly RowError[] }
  | {
      readonly row: number;
      readonly errors?: never;
      readonly record: CustomerRecord;
      readonly assignedSalesId: string | null;
    };

export function readRow({ row, cells, cellCount }: StagedRow): ReadRow {
  if (cellCount !== undefined) {
    const detail = `Has ${cellCount} cells, and the titles are another number. Check commas and quotes.`;
    return { row, errors: [{ column: '', detail }] };
  }
  const dto = plainToInstance(CreateCustomerDto, cells);
  const errors = validateSync(dto, { validationError: { target: false, value: false } }).flatMap(
    ({ property, constraints }) =>
      Object.values(constraints ?? {}).map((message) => ({ column: property, detail: `${message}.` })),
  );
  if (errors.length > 0) return { row, errors };
  return { row, record: recordFrom(dto), assignedSalesId: dto.assignedSalesId ?? null };
}
