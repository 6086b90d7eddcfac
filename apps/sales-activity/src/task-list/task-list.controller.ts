import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder, type PageQuery } from '#libs/http/src/paging.js';
import { Between, type Filter, rowOf } from '#libs/http/src/shown-rows.js';
import { instantsBetween, ShownQuery } from '../field-rules.js';
import { KnownParties } from '../known-parties.js';
import { salesActivityProblem } from '../sales-activity.problems.js';
import { OverdueTaskQuery, priorityNumber, TaskPage, TaskQuery, TaskView, taskView } from './task-list.dto.js';
import { taskListProjection } from './task-list.projection.js';
import { never, TaskRow } from './task.entity.js';

const sorts = ['createdAt', 'updatedAt', 'dueDate', 'priority'] as const;

@ApiTags('Tasks')
@Controller('tasks')
export class TaskListController {
  constructor(
    @InjectRepository(TaskRow, 'sales-activity') private readonly rows: Repository<TaskRow>,
    private readonly known: KnownParties,
  ) {}

  @Get()
  @ReadsFrom(taskListProjection)
  @RequirePermission('tasks:read')
  @ApiOperation({
    summary: 'List tasks',
    description: `Sorts: ${sorts.join(', ')}. Newest first unless asked otherwise; what is never due comes last by dueDate.`,
  })
  @ApiOkResponse({ type: TaskPage })
  async list(@Query() query: TaskQuery): Promise<TaskPage> {
    const { customerId, userId, status, priority, dueFrom, dueBefore, deleted } = query;
    // Bounds are for what has a due date.
    const hasBounds = dueFrom !== undefined || dueBefore !== undefined;
    const dueDate = hasBounds ? instantsBetween(dueFrom, dueBefore ?? never) : undefined;
    const filter = { customerId, userId, status, priority: priorityNumber(priority), deleted, dueDate };
    return this.page(filter, query, { sorts, defaultSort: '-createdAt' });
  }

  @Get('overdue')
  @ReadsFrom(taskListProjection)
  @RequirePermission('tasks:read')
  @ApiOperation({
    summary: 'List overdue tasks',
    description: `TODO or IN_PROGRESS, with a due date that has passed. The longest overdue first unless asked otherwise; sorts: ${sorts.join(', ')}.`,
  })
  @ApiOkResponse({ type: TaskPage })
  async overdue(@Query() query: OverdueTaskQuery): Promise<TaskPage> {
    const { customerId, userId, priority } = query;
    const dueDate = new Between(undefined, new Date());
    const filter = { customerId, userId, priority: priorityNumber(priority), open: true, dueDate };
    return this.page(filter, query, { sorts, defaultSort: 'dueDate' });
  }

  @Get(':id')
  @ReadsFrom(taskListProjection)
  @RequirePermission('tasks:read')
  @ApiOperation({ summary: 'Read one task', description: 'ETag is its revision; send it back as If-Match.' })
  @ApiOkResponse({ type: TaskView })
  async one(
    @Param() { id }: IdParams,
    @Query() { deleted }: ShownQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TaskView> {
    const row = await rowOf(this.rows, id);
    if (!row || (row.deleted && !deleted)) throw salesActivityProblem('task_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return taskView(row, await this.known.namesOf([row]));
  }

  private async page(filter: Filter<TaskRow>, query: PageQuery, order: PageOrder<TaskRow>): Promise<TaskPage> {
    const { items, ...page } = await pageOf(this.rows, filter, query, order);
    const names = await this.known.namesOf(items);
    return { items: items.map((row) => taskView(row, names)), ...page };
  }
}
