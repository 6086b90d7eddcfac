import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { eventPageOf, HistoryPage, HistoryQuery } from '#libs/http/src/history.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import type { Caller } from '#libs/http/src/request.js';
import { rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import { dealDecider } from '../domain/deal.decider.js';
import { KnownPeople } from '../known-people.js';
import { opportunityProblem } from '../opportunity.problems.js';
import { DealForecast, DealPage, DealQuery, dealView, DealView, ForecastQuery } from './deal-list.dto.js';
import { dealListProjection } from './deal-list.projection.js';
import { DealRow } from './deal.entity.js';
import { forecast } from './forecast.js';

const order: PageOrder<DealRow> = {
  sorts: ['openedAt', 'updatedAt', 'expectedCloseDate', 'amount'],
  defaultSort: '-openedAt',
};
@ApiTags('Deals')
@Controller('deals')
export class DealListController {
  constructor(
    @InjectRepository(DealRow, 'opportunity') private readonly deals: Repository<DealRow>,
    private readonly people: KnownPeople,
    private readonly aggregates: Aggregates,
  ) {}

  @Get()
  @ReadsFrom(dealListProjection)
  @RequirePermission('deals:read')
  @ApiOperation({
    summary: 'List deals',
    description: `Sorts: ${order.sorts.join(', ')}. Newest first unless asked otherwise.`,
  })
  @ApiOkResponse({ type: DealPage })
  async list(@Query() query: DealQuery): Promise<DealPage> {
    const { stage, ownerId, customerId, deleted } = query;
    const { items, ...page } = await pageOf(this.deals, { stage, ownerId, customerId, deleted }, query, order);
    return { items: await this.shown(items), ...page };
  }

  @Get('forecast')
  @ReadsFrom(dealListProjection)
  @RequirePermission('deals:read')
  @ApiOperation({
    summary: 'Forecast by stage',
    description: 'What the deals are worth with their probabilities: by stage, open ones together, and with those won.',
  })
  @ApiOkResponse({ type: DealForecast })
  async forecast(@Query() query: ForecastQuery): Promise<DealForecast> {
    return forecast(this.deals, query);
  }

  @Get(':id')
  @ReadsFrom(dealListProjection)
  @RequirePermission('deals:read')
  @ApiOperation({
    summary: 'Read one deal',
    description: 'Also a deleted one. ETag is its revision; send it back as If-Match.',
  })
  @ApiOkResponse({ type: DealView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<DealView> {
    const row = await rowOf(this.deals, id);
    const [view] = row ? await this.shown([row]) : [];
    if (!row || !view) throw opportunityProblem('deal_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return view;
  }

  @Get(':id/history')
  @RequirePermission('deals:read')
  @ApiOperation({ summary: 'Read the history of a deal', description: 'Every event from the log, oldest first.' })
  @ApiOkResponse({ type: HistoryPage })
  async history(
    @Param() { id }: IdParams,
    @Query() query: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const page = await eventPageOf(id, query, caller, (from, options) =>
      this.aggregates.history(dealDecider, id, from, options),
    );
    if (!page) throw opportunityProblem('deal_not_found');
    return page;
  }

  private async shown(rows: readonly Shown<DealRow>[]): Promise<DealView[]> {
    const names = await this.people.namesOf(
      rows.map(({ customerId }) => customerId),
      rows.map(({ ownerId }) => ownerId),
    );
    return rows.map((row) => dealView(row, names));
  }
}
