import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { eventPageOf, HistoryPage, HistoryQuery } from '#libs/http/src/history.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { meetingDecider } from '../domain/meeting.decider.js';
import { taskDecider } from '../domain/task.decider.js';
import { salesActivityProblem } from '../sales-activity.problems.js';

@Controller()
export class HistoriesController {
  constructor(private readonly aggregates: Aggregates) {}

  @Get('meetings/:id/history')
  @ApiTags('Meetings')
  @RequirePermission('meetings:read')
  @ApiOperation({ summary: 'Read the history of a meeting', description: 'Every event from the log, oldest first.' })
  @ApiOkResponse({ type: HistoryPage })
  async meeting(
    @Param() { id }: IdParams,
    @Query() query: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const page = await eventPageOf(id, query, caller, (from, options) =>
      this.aggregates.history(meetingDecider, id, from, options),
    );
    if (!page) throw salesActivityProblem('meeting_not_found');
    return page;
  }

  @Get('tasks/:id/history')
  @ApiTags('Tasks')
  @RequirePermission('tasks:read')
  @ApiOperation({ summary: 'Read the history of a task', description: 'Every event from the log, oldest first.' })
  @ApiOkResponse({ type: HistoryPage })
  async task(
    @Param() { id }: IdParams,
    @Query() query: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const page = await eventPageOf(id, query, caller, (from, options) =>
      this.aggregates.history(taskDecider, id, from, options),
    );
    if (!page) throw salesActivityProblem('task_not_found');
    return page;
  }
}
