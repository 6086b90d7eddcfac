/** The columns of a file of customers, as an import takes them and an export writes them. */
import { customerFields } from '../domain/customer.js';

export const csvColumns = [...customerFields, 'assignedSalesId'] as const;
export type CsvColumn = (typeof csvColumns)[number];

/** What an export adds; an import passes over it. */
export const exportOnly = ['id', 'status', 'createdAt', 'updatedAt'] as const;

const titles: Readonly<Record<string, CsvColumn>> = {
  氏名: 'name',
  名前: 'name',
  フリガナ: 'nameKana',
  カナ: 'nameKana',
  メール: 'email',
  メールアドレス: 'email',
  電話: 'phone',
  電話番号: 'phone',
  郵便番号: 'postalCode',
  住所: 'address',
  生年月日: 'birthDate',
  メモ: 'note',
  備考: 'note',
  投資方針: 'investmentProfile',
  リスク許容度: 'riskTolerance',
  担当者: 'assignedSalesId',
};

/** The column that a title stands for; undefined for one that is passed over, `unknown` for one that nobody knows. */
export function columnOf(title: string): CsvColumn | 'unknown' | undefined {
  const name = title.normalize('NFKC').trim();
  if ((exportOnly as readonly string[]).includes(name)) return undefined;
  return csvColumns.find((column) => column === name) ?? titles[name] ?? 'unknown';
}

/** A table calculation would run what begins with one of these; a quote in front keeps it a text. */
const formula = /^[=+\-@\t\r]/;

export function written(value: string | null): string {
  if (value === null) return '';
  return formula.test(value) || value.startsWith("'") ? `'${value}` : value;
}

export function readCell(cell: string): string {
  const text = cell.trim();
  return text.startsWith("'") && (formula.test(text.slice(1)) || text.startsWith("''")) ? text.slice(1) : text;
}
