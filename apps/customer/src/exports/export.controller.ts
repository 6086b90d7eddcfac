import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags, OmitType } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { stringify } from 'csv-stringify/sync';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { type PageOrder, pageOf } from '#libs/http/src/paging.js';
import type { Filter, Shown } from '#libs/http/src/shown-rows.js';
import { CustomerQuery, customerFilter } from '../customer-list/customer-list.dto.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';
import { csvColumns, exportOnly, written } from '../imports/csv-columns.js';

class ExportQuery extends OmitType(CustomerQuery, ['limit', 'cursor', 'sort', 'total']) {}

const order: PageOrder<CustomerRow> = { sorts: ['createdAt'], defaultSort: 'createdAt' };
const pageSize = 1_000;
/** By which table calculations recognise UTF-8. */
const byteOrderMark = '\uFEFF';
const columns = ['id', ...csvColumns, ...exportOnly.slice(1)] as const;

@ApiTags('Customers')
@Controller('customers')
export class ExportController {
  constructor(@InjectRepository(CustomerRow, 'customer') private readonly rows: Repository<CustomerRow>) {}

  @Get('export')
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:export')
  @ApiOperation({
    summary: 'Export customers',
    description:
      'As comma-separated values in UTF-8, oldest first, with the filters of the list. An import takes the file again. ' +
      'A quote stands before what a table calculation would run.',
  })
  @ApiProduces('text/csv')
  @ApiOkResponse({ schema: { type: 'string' }, description: 'The file, sent as it is read.' })
  async export(@Query() query: ExportQuery): Promise<StreamableFile> {
    const pages = this.pages(customerFilter(query));
    // What goes wrong with the first page is still an answer.
    const first = await pages.next();
    const file = Readable.from(lines(first.value ?? [], pages), { objectMode: false });
    return new StreamableFile(file, {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="customers.csv"',
    });
  }

  private async *pages(filter: Filter<CustomerRow>): AsyncGenerator<readonly Shown<CustomerRow>[], undefined> {
    let cursor: string | null | undefined;
    do {
      const page = { limit: pageSize, total: false, ...(cursor && { cursor }) };
      const { items, next } = await pageOf(this.rows, filter, page, order);
      cursor = next;
      yield items;
    } while (cursor !== null);
    return undefined;
  }
}

async function* lines(
  first: readonly Shown<CustomerRow>[],
  others: AsyncIterable<readonly Shown<CustomerRow>[]>,
): AsyncGenerator<string> {
  yield byteOrderMark + stringify([columns]) + csv(first);
  for await (const page of others) yield csv(page);
}

function csv(rows: readonly Shown<CustomerRow>[]): string {
  return stringify(rows.map((row) => columns.map((column) => written(row[column]))));
}
