import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { IsIn } from 'class-validator';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { PageOf, PageQuery, type PageOrder, pageOf } from '#libs/http/src/paging.js';
import { rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import { Optional } from '#libs/http/src/validation.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';
import { customerProblem } from '../customer.problems.js';
import { type TimelineKind, timelineKinds, TimelineRow } from './customer-timeline.entity.js';
import { customerTimelineProjection } from './customer-timeline.projection.js';

const order: PageOrder<TimelineRow> = { sorts: ['at'], defaultSort: '-at' };

class TimelineQuery extends PageQuery {
  @ApiPropertyOptional({ enum: timelineKinds })
  @Optional()
  @IsIn(timelineKinds)
  kind?: TimelineKind;
}

class TimelineEntry {
  @ApiProperty({ format: 'uuid', description: 'Id of the event.' }) id: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ example: 'meeting.created' }) eventType: string;
  @ApiProperty({ enum: timelineKinds }) kind: TimelineKind;
  @ApiProperty({ description: 'Id of the customer, meeting, task, approval or deal.' }) subjectId: string;
  @ApiProperty({ type: String, nullable: true, description: 'Title, summary or comment, where the event says one.' })
  text: string | null;
  @ApiProperty({ description: 'A user, a machine client or policy:<name>.' }) actorId: string;
  @ApiProperty() actorRole: string;
}

class TimelinePage extends PageOf(TimelineEntry) {}

@ApiTags('Customers')
@Controller('customers')
export class CustomerTimelineController {
  constructor(
    @InjectRepository(TimelineRow, 'customer') private readonly entries: Repository<TimelineRow>,
    @InjectRepository(CustomerRow, 'customer') private readonly customers: Repository<CustomerRow>,
  ) {}

  @Get(':id/timeline')
  @ReadsFrom(customerTimelineProjection, customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'Read what happened to a customer',
    description:
      'Over all contexts: the customer, their meetings, tasks, approvals and deals. Newest first; sort=at turns it ' +
      'round. What happened to somebody who became part of this customer is there too; of such a one it is what ' +
      'happened until then.',
  })
  @ApiOkResponse({ type: TimelinePage })
  async timeline(@Param() { id }: IdParams, @Query() query: TimelineQuery): Promise<TimelinePage> {
    const customer = await rowOf(this.customers, id);
    if (!customer) throw customerProblem('customer_not_found');
    const whose = customer.status === 'merged' ? { writtenOf: id } : { customerId: id };
    const { items, ...page } = await pageOf(this.entries, { ...whose, kind: query.kind }, query, order);
    return { items: items.map(entryView), ...page };
  }
}

function entryView(row: Shown<TimelineRow>): TimelineEntry {
  const { place: _place, customerId: _customerId, writtenOf: _writtenOf, ...entry } = row;
  return entry;
}
