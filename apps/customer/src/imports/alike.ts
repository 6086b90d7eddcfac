/** Finds rows of a file that look like customers, or like rows before them. */
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { CustomerSearchRow } from '../customer-search/customer-search.entity.js';
import { marksOf, newKeys } from '../duplicates/likeness.js';

const mostCandidates = 5;

export interface Comparable {
  readonly row: number;
  /** Id that the customer has, or would have. */
  readonly customerId: string;
  readonly record: CustomerRecord;
}

@Injectable()
export class Alike {
  constructor(
    @InjectRepository(CustomerSearchRow, 'customer') private readonly search: Repository<CustomerSearchRow>,
  ) {}

  /** Ids of active customers that rows look like, five at most each, in one query for all of them. */
  async customersLike(rows: readonly Comparable[]): Promise<ReadonlyMap<number, readonly string[]>> {
    const keys = rows.map(({ row, customerId, record }) => ({ row, customerId, ...newKeys(record, undefined) }));
    const found = await this.search.manager.query<{ row: number; ids: string[] }[]>(
      `select file.row, array_agg(distinct other.id) as ids
       from jsonb_to_recordset($1::jsonb) as file(row integer, "customerId" uuid, "nameKey" text, "emailKey" text,
         "phoneKey" text, "birthDate" text, "postalKey" text),
       lateral (
         select id from customer_search where active and email_key = "emailKey"
         union select id from customer_search where active and phone_key = "phoneKey"
         union select id from customer_search where active and name_key = "nameKey"
           and (birth_date = "birthDate" or postal_key = "postalKey")
       ) as other
       where other.id <> file."customerId" group by file.row`,
      [JSON.stringify(keys)],
    );
    return new Map(found.map(({ row, ids }) => [row, ids.slice(0, mostCandidates)]));
  }
}

/** Rows of one file as they go by. */
export class SeenRows {
  private readonly first = new Map<string, number>();

  /** The rows before this one that it looks like; it is known from now on. */
  add({ row, record }: Pick<Comparable, 'row' | 'record'>): readonly number[] {
    const marks = marksOf(newKeys(record, undefined));
    const rows = new Set(marks.flatMap((mark) => this.first.get(mark) ?? []));
    for (const mark of marks) if (!this.first.has(mark)) this.first.set(mark, row);
    return [...rows].toSorted((a, b) => a - b);
  }
}
