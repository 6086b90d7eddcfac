import type { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
  OmitType,
  PickType,
} from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { TakesCsv } from '#libs/http/src/csv-body.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { decodeCursor, encodeCursor, PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { Flag, Optional } from '#libs/http/src/validation.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { customerProblem } from '../customer.problems.js';
import { csvColumns } from './csv-columns.js';
import { type Import, ImportStore, type ReportedRow, type RowOutcome, rowOutcomes } from './import-store.js';
import { IMPORT_SWEEP } from './import-worker.js';
import { Imports } from './imports.js';

class ImportQuery {
  @ApiPropertyOptional({ default: false, description: 'Only says what would come of it.' })
  @Optional()
  @Flag()
  dryRun: boolean = false;

  @ApiPropertyOptional({
    enum: ['skip', 'create'],
    default: 'skip',
    description: 'What becomes of a row that looks like a customer, or like a row before it. It is marked either way.',
  })
  @Optional()
  @IsIn(['skip', 'create'])
  duplicates: Import['duplicates'] = 'skip';
}

class ImportRowQuery extends PickType(PageQuery, ['limit', 'cursor']) {
  @ApiPropertyOptional({ enum: rowOutcomes })
  @Optional()
  @IsIn(rowOutcomes)
  outcome?: RowOutcome;
}

class ImportView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: ['waiting', 'finished'] }) status: 'waiting' | 'finished';
  @ApiProperty() dryRun: boolean;
  @ApiProperty({ enum: ['skip', 'create'] }) duplicates: string;
  @ApiProperty({ description: 'Rows of the file, without the titles.' }) rows: number;
  @ApiProperty({ description: 'Customers that were written down; in a dry run those that would be.' }) created: number;
  @ApiProperty({ description: 'Rows that were left out because they look like others.' }) duplicate: number;
  @ApiProperty({ description: 'Rows that are not understood.' }) invalid: number;
  @ApiProperty({ format: 'date-time' }) createdAt: Date;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) finishedAt: Date | null;
}

class LooksLikeView {
  @ApiProperty({ type: [String], description: 'Ids of customers.' }) customers: readonly string[];
  @ApiProperty({ type: [Number], description: 'Rows of the same file, before this one.' }) rows: readonly number[];
}

class RowErrorView {
  @ApiProperty({ description: 'Empty where it is the row as a whole.' }) column: string;
  @ApiProperty() detail: string;
}

class ImportRowView {
  @ApiProperty({ description: 'Number of the row in the file; the titles are 1.' }) row: number;
  @ApiProperty({ enum: rowOutcomes }) outcome: RowOutcome;
  @ApiProperty({ type: String, nullable: true, description: 'Null in a dry run.' }) customerId: string | null;
  @ApiProperty() looksLike: LooksLikeView;
  @ApiProperty({ type: [RowErrorView] }) errors: readonly RowErrorView[];
}

class ImportRowPage extends OmitType(PageOf(ImportRowView), ['total']) {}

@ApiTags('Customers')
@Controller('customers/imports')
export class ImportsController {
  constructor(
    private readonly imports: Imports,
    private readonly store: ImportStore,
    @Inject(IMPORT_SWEEP) private readonly worker: Reconciler,
  ) {}

  @Post()
  @HttpCode(202)
  @RequirePermission('customers:import')
  @TakesCsv(
    `A table with commas and one row of titles: ${csvColumns.join(', ')}, or the usual Japanese titles. UTF-8, or ` +
      'Shift_JIS when Content-Type says charset=shift_jis. At most 500,000 rows and 64 MiB, within 30 s.',
  )
  @ApiOperation({
    summary: 'Import customers',
    description:
      'Takes the file in; customers are written down in the background, and GET /api/customers/imports/{id} says how ' +
      'far that is. Send an Idempotency-Key: the same file under the same key is one import, also after a crash.',
  })
  @ApiAcceptedResponse({ type: ImportView })
  async receive(
    @Req() request: ApiRequest,
    @Query() { dryRun, duplicates }: ImportQuery,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportView> {
    const contentType = request.headers['content-type'];
    if (!contentType?.startsWith('text/csv')) {
      throw httpProblem('unsupported_media_type', 'Send the file as the body, with Content-Type: text/csv.');
    }
    const file = request.body as Readable;
    const received = await this.imports.receive({ file, contentType, dryRun, duplicates }, context);
    this.worker.wake();
    void reply.header('Location', `/api/customers/imports/${received.id}`);
    return importView(received);
  }

  @Get(':id')
  @RequirePermission('customers:import')
  @ApiOperation({ summary: 'Read how far an import is', description: 'Counts grow until the status is "finished".' })
  @ApiOkResponse({ type: ImportView })
  async one(@Param() { id }: IdParams): Promise<ImportView> {
    return importView(await this.demand(id));
  }

  @Get(':id/rows')
  @RequirePermission('customers:import')
  @ApiOperation({
    summary: 'Read what became of each row',
    description: 'In the order of the file. It names columns and says what is expected; it shows no values.',
  })
  @ApiOkResponse({ type: ImportRowPage })
  async rows(@Param() { id }: IdParams, @Query() { outcome, limit, cursor }: ImportRowQuery): Promise<ImportRowPage> {
    await this.demand(id);
    const after = cursor === undefined ? 0 : rowOf(cursor, id);
    const found = await this.store.report(id, { outcome, after, limit: limit + 1 });
    const items: readonly ReportedRow[] = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, next: last ? encodeCursor('row', String(last.row), id) : null };
  }

  private async demand(id: string): Promise<Import> {
    const found = await this.store.find(id);
    if (!found) throw customerProblem('import_not_found');
    return found;
  }
}

function rowOf(cursor: string, importId: string): number {
  const { value, id } = decodeCursor(cursor, 'row');
  if (id !== importId || !/^\d{1,9}$/.test(value)) throw httpProblem('invalid_cursor');
  return Number(value);
}

function importView(entry: Import): ImportView {
  const { id, dryRun, duplicates, rows, created, duplicate, invalid, createdAt, finishedAt } = entry;
  const status = finishedAt === null ? 'waiting' : 'finished';
  return { id, status, dryRun, duplicates, rows, created, duplicate, invalid, createdAt, finishedAt };
}
