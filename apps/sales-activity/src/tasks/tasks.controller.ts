import { Body, Controller, Delete, HttpCode, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { ChangeTask, ChangeTaskStatus, CreateTask, DeleteTask, RestoreTask } from '../domain/task.js';
import { taskDecider } from '../domain/task.decider.js';
import { RestoreDto, utc } from '../field-rules.js';
import { KnownParties } from '../known-parties.js';
import { ownUserId, partiesOf, partiesOfRestored, sent } from '../request-parties.js';
import { ChangeTaskDto, CreateTaskDto, TaskStatusDto } from './tasks.dto.js';

@ApiTags('Tasks')
@Controller('tasks')
export class TasksController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly known: KnownParties,
  ) {}

  @Post()
  @RequirePermission('tasks:write')
  @ApiOperation({
    summary: 'Create a task',
    description:
      'Something that somebody has to do, about a customer or about none. It begins as TODO. Answers 422 ' +
      'customer_unknown or user_unknown for an id that nobody has, and 409 for a customer who is deleted or was merged.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async create(
    @Body() body: CreateTaskDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { title, description = null, customerId = null, priority } = body;
    const userId = body.userId ?? ownUserId(caller);
    const dueDate = typeof body.dueDate === 'string' ? utc(body.dueDate) : null;
    const parties = await partiesOf({ customerId, userId }, this.known);
    const record = { customerId, userId, title, description, dueDate, priority };
    const id = stableId('task', context.commandId);
    const done: Committed = await this.commands.execute(new CreateTask(id, { record, parties }, context));
    void reply.header('Location', `/api/tasks/${id}`);
    return commandResult(done, reply);
  }

  @Put(':id')
  @RequirePermission('tasks:write')
  @ApiOperation({
    summary: 'Change a task',
    description: 'Changes what is named; what is left out stays. PATCH /api/tasks/{id}/status changes the status.',
  })
  @ApiOkResponse({ type: CommandResult })
  async change(
    @Param() { id }: IdParams,
    @Body() body: ChangeTaskDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const changes = sent({ ...body, ...(typeof body.dueDate === 'string' && { dueDate: utc(body.dueDate) }) });
    const parties = await partiesOf(body, this.known);
    const done: Committed = await this.commands.execute(new ChangeTask(id, { changes, parties }, context));
    return commandResult(done, reply);
  }

  @Patch(':id/status')
  @RequirePermission('tasks:write')
  @ApiOperation({
    summary: 'Change the status of a task',
    description:
      'TODO and IN_PROGRESS lead to each other, to COMPLETED and to CANCELLED; COMPLETED leads back to both, CANCELLED ' +
      'to TODO. Anything else is answered 409 task_transition_impossible with what is possible.',
  })
  @ApiOkResponse({ type: CommandResult })
  async changeStatus(
    @Param() { id }: IdParams,
    @Body() { status }: TaskStatusDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new ChangeTaskStatus(id, { status }, context));
    return commandResult(done, reply);
  }

  @Delete(':id')
  @RequirePermission('tasks:write')
  @ApiOperation({
    summary: 'Delete a task',
    description: 'It is out of sight, and its history stays. POST /api/tasks/{id}/restore brings it back.',
  })
  @ApiOkResponse({ type: CommandResult })
  async remove(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new DeleteTask(id, {}, context));
    return commandResult(done, reply);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequirePermission('tasks:write')
  @ApiOperation({
    summary: 'Restore a deleted task',
    description:
      'One that went with its customer comes back with them: restore the customer. One that went with its user needs ' +
      'another user.',
  })
  @ApiOkResponse({ type: CommandResult })
  async restore(
    @Param() { id }: IdParams,
    @Body() { userId }: RestoreDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const task = await this.aggregates.load(taskDecider, id);
    const record = task.status === 'none' ? undefined : task.record;
    const parties = await partiesOfRestored(record, userId, this.known);
    const data = { ...(userId !== undefined && { userId }), parties };
    const done: Committed = await this.commands.execute(new RestoreTask(id, data, context));
    return commandResult(done, reply);
  }
}
