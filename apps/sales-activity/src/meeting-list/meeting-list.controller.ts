import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { CustomerParams, instantsBetween, ShownQuery } from '../field-rules.js';
import { KnownParties } from '../known-parties.js';
import { salesActivityProblem } from '../sales-activity.problems.js';
import { CustomerMeetingQuery, MeetingPage, MeetingQuery, MeetingView, meetingView } from './meeting-list.dto.js';
import { meetingListProjection } from './meeting-list.projection.js';
import { MeetingRow } from './meeting.entity.js';

const order: PageOrder<MeetingRow> = { sorts: ['date', 'createdAt', 'updatedAt'], defaultSort: '-date' };

@ApiTags('Meetings')
@Controller('meetings')
export class MeetingListController {
  constructor(
    @InjectRepository(MeetingRow, 'sales-activity') private readonly rows: Repository<MeetingRow>,
    private readonly known: KnownParties,
  ) {}

  @Get()
  @ReadsFrom(meetingListProjection)
  @RequirePermission('meetings:read')
  @ApiOperation({
    summary: 'List meetings',
    description: `Sorts: ${order.sorts.join(', ')}. The latest date first unless asked otherwise.`,
  })
  @ApiOkResponse({ type: MeetingPage })
  async list(@Query() query: MeetingQuery): Promise<MeetingPage> {
    return this.page(query);
  }

  @Get('customer/:customerId')
  @ReadsFrom(meetingListProjection)
  @RequirePermission('meetings:read')
  @ApiOperation({
    summary: 'List the meetings with a customer',
    description: `Sorts: ${order.sorts.join(', ')}. The latest date first unless asked otherwise.`,
  })
  @ApiOkResponse({ type: MeetingPage })
  async ofCustomer(
    @Param() { customerId }: CustomerParams,
    @Query() query: CustomerMeetingQuery,
  ): Promise<MeetingPage> {
    return this.page({ ...query, customerId });
  }

  @Get(':id')
  @ReadsFrom(meetingListProjection)
  @RequirePermission('meetings:read')
  @ApiOperation({ summary: 'Read one meeting', description: 'ETag is its revision; send it back as If-Match.' })
  @ApiOkResponse({ type: MeetingView })
  async one(
    @Param() { id }: IdParams,
    @Query() { deleted }: ShownQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MeetingView> {
    const row = await rowOf(this.rows, id);
    if (!row || (row.deleted && !deleted)) throw salesActivityProblem('meeting_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return meetingView(row, await this.known.namesOf([row]));
  }

  private async page(query: MeetingQuery): Promise<MeetingPage> {
    const { customerId, userId, from, before, deleted } = query;
    const filter = { customerId, userId, deleted, date: instantsBetween(from, before) };
    const { items, ...page } = await pageOf(this.rows, filter, query, order);
    const names = await this.known.namesOf(items);
    return { items: items.map((row) => meetingView(row, names)), ...page };
  }
}
