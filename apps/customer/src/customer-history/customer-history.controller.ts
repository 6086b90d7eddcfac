import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags, OmitType } from '@nestjs/swagger';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { eventPageOf, HistoryPage, HistoryQuery, historyOf } from '#libs/http/src/history.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { PageOf } from '#libs/http/src/paging.js';
import type { Caller } from '#libs/http/src/request.js';
import { customerProblem } from '../customer.problems.js';
import { customerDecider } from '../domain/customer.decider.js';
import { changesOf, type RecordChange } from './record-history.js';

class FieldChangeView {
  @ApiProperty({ example: 'phone' }) field: string;
  @ApiProperty({ type: String, nullable: true }) from: string | null;
  @ApiProperty({ type: String, nullable: true }) to: string | null;
}

class ChangedByView {
  @ApiProperty({ description: 'A user, a machine client or policy:<name>.' }) id: string;
  @ApiProperty() role: string;
}

class RecordChangeView {
  @ApiProperty() revision: number;
  @ApiProperty({ example: 'customer.updated' }) eventType: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty() by: ChangedByView;
  @ApiProperty({ type: [FieldChangeView] }) changes: readonly FieldChangeView[];
}

class RecordChangePage extends OmitType(PageOf(RecordChangeView), ['total']) {}

@ApiTags('Customers')
@Controller('customers')
export class CustomerHistoryController {
  constructor(private readonly aggregates: Aggregates) {}

  @Get(':id/history')
  @RequirePermission('customers:read')
  @ApiOperation({ summary: 'Read the history of a customer', description: 'Every event from the log, oldest first.' })
  @ApiOkResponse({ type: HistoryPage })
  async history(
    @Param() { id }: IdParams,
    @Query() query: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const page = await eventPageOf(id, query, caller, (from, options) =>
      this.aggregates.history(customerDecider, id, from, options),
    );
    if (!page) throw customerProblem('customer_not_found');
    return page;
  }

  @Get(':id/changes')
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'Read what changed in a customer',
    description: 'Field by field, with who and when, oldest first. Erased values read as "[erased]".',
  })
  @ApiOkResponse({ type: RecordChangePage })
  async changes(@Param() { id }: IdParams, @Query() query: HistoryQuery): Promise<RecordChangePage> {
    const page = await historyOf(id, query, (from) =>
      changesOf(id, this.aggregates.history(customerDecider, id), from),
    );
    if (!page) throw customerProblem('customer_not_found');
    return { items: page.events.map(changeView), next: page.next };
  }
}

function changeView({ revision, event, changes }: RecordChange): RecordChangeView {
  const { actor, occurredAt } = event.metadata;
  return { revision, eventType: event.type, at: occurredAt, by: { id: actor.id, role: actor.role }, changes };
}
