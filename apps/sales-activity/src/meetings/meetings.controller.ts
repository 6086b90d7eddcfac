import { Body, Controller, Delete, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
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
import { ChangeMeeting, CreateMeeting, DeleteMeeting, RestoreMeeting } from '../domain/meeting.js';
import { meetingDecider } from '../domain/meeting.decider.js';
import { RestoreDto, utc } from '../field-rules.js';
import { KnownParties } from '../known-parties.js';
import { ownUserId, partiesOf, partiesOfRestored, sent } from '../request-parties.js';
import { ChangeMeetingDto, CreateMeetingDto } from './meetings.dto.js';

@ApiTags('Meetings')
@Controller('meetings')
export class MeetingsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly known: KnownParties,
  ) {}

  @Post()
  @RequirePermission('meetings:write')
  @ApiOperation({
    summary: 'Put a meeting on record',
    description:
      'A meeting with a customer, held or planned. Answers 422 customer_unknown or user_unknown for an id that nobody ' +
      'has, and 409 for a customer who is deleted or was merged.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async create(
    @Body() body: CreateMeetingDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { customerId, summary, location = null, durationMinutes = null } = body;
    const userId = body.userId ?? ownUserId(caller);
    const record = { customerId, userId, date: utc(body.date), summary, location, durationMinutes };
    const parties = await partiesOf({ customerId, userId }, this.known);
    const id = stableId('meeting', context.commandId);
    const done: Committed = await this.commands.execute(new CreateMeeting(id, { record, parties }, context));
    void reply.header('Location', `/api/meetings/${id}`);
    return commandResult(done, reply);
  }

  @Put(':id')
  @RequirePermission('meetings:write')
  @ApiOperation({ summary: 'Change a meeting', description: 'Changes what is named; what is left out stays.' })
  @ApiOkResponse({ type: CommandResult })
  async change(
    @Param() { id }: IdParams,
    @Body() body: ChangeMeetingDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const changes = sent({ ...body, ...(body.date !== undefined && { date: utc(body.date) }) });
    const parties = await partiesOf(body, this.known);
    const done: Committed = await this.commands.execute(new ChangeMeeting(id, { changes, parties }, context));
    return commandResult(done, reply);
  }

  @Delete(':id')
  @RequirePermission('meetings:write')
  @ApiOperation({
    summary: 'Delete a meeting',
    description: 'It is out of sight, and its history stays. POST /api/meetings/{id}/restore brings it back.',
  })
  @ApiOkResponse({ type: CommandResult })
  async remove(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new DeleteMeeting(id, {}, context));
    return commandResult(done, reply);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequirePermission('meetings:write')
  @ApiOperation({
    summary: 'Restore a deleted meeting',
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
    const meeting = await this.aggregates.load(meetingDecider, id);
    const record = meeting.status === 'none' ? undefined : meeting.record;
    const parties = await partiesOfRestored(record, userId, this.known);
    const data = { ...(userId !== undefined && { userId }), parties };
    const done: Committed = await this.commands.execute(new RestoreMeeting(id, data, context));
    return commandResult(done, reply);
  }
}
