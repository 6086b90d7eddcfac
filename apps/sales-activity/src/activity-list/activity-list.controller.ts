import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { instantsBetween } from '../field-rules.js';
import { KnownParties } from '../known-parties.js';
import { MeetingRow } from '../meeting-list/meeting.entity.js';
import { TaskRow } from '../task-list/task.entity.js';
import { ActivityPage, ActivityQuery } from './activity-list.dto.js';
import { activityListProjection } from './activity-list.projection.js';
import { ActivityRow } from './activity.entity.js';

const order: PageOrder<ActivityRow> = { sorts: ['at'], defaultSort: '-at' };

@ApiTags('Activities')
@Controller('activities')
export class ActivityListController {
  constructor(
    @InjectRepository(ActivityRow, 'sales-activity') private readonly rows: Repository<ActivityRow>,
    @InjectRepository(MeetingRow, 'sales-activity') private readonly meetings: Repository<MeetingRow>,
    @InjectRepository(TaskRow, 'sales-activity') private readonly tasks: Repository<TaskRow>,
    private readonly known: KnownParties,
  ) {}

  @Get()
  @ReadsFrom(activityListProjection)
  @RequirePermission('meetings:read')
  @ApiOperation({
    summary: 'Read the activity history',
    description:
      'What happened to meetings and tasks, of a customer (customerId), of a user (userId) or by somebody (actorId). ' +
      'Newest first unless asked otherwise; sorts: at. A customer who was merged into another one has their history there.',
  })
  @ApiOkResponse({ type: ActivityPage })
  async list(@Query() query: ActivityQuery): Promise<ActivityPage> {
    const { customerId, userId, actorId, type, from, before } = query;
    const filter = { customerId, userId, actorId, type, at: instantsBetween(from, before) };
    const { items, ...page } = await pageOf(this.rows, filter, query, order);
    const [names, titles] = await Promise.all([this.known.namesOf(items), this.titlesOf(items)]);
    return {
      items: items.map((row) => ({
        ...row,
        title: titles.get(row.meetingId ?? row.taskId ?? '') ?? null,
        customerName: row.customerId === null ? null : (names.customers.get(row.customerId) ?? null),
        userName: names.users.get(row.userId) ?? null,
      })),
      ...page,
    };
  }

  private async titlesOf(
    rows: readonly Pick<ActivityRow, 'meetingId' | 'taskId'>[],
  ): Promise<ReadonlyMap<string, string>> {
    const meetingIds = [...new Set(rows.flatMap(({ meetingId }) => meetingId ?? []))];
    const taskIds = [...new Set(rows.flatMap(({ taskId }) => taskId ?? []))];
    const [meetings, tasks] = await Promise.all([
      meetingIds.length > 0
        ? this.meetings.find({ where: { id: In(meetingIds) }, select: { id: true, summary: true } })
        : [],
      taskIds.length > 0 ? this.tasks.find({ where: { id: In(taskIds) }, select: { id: true, title: true } }) : [],
    ]);
    return new Map([
      ...meetings.map(({ id, summary }) => [id, summary] as const),
      ...tasks.map(({ id, title }) => [id, title] as const),
    ]);
  }
}
