import { Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { ReplayParkedEvent, SkipParkedEvent } from '#libs/event-sourcing/src/parked-event.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { ParkedEventDecisions } from './parked-event-decisions.js';
import { ParkedEventList } from './parked-event-list.js';
import { ParkedEventPage, ParkedEventParams, ParkedEventQuery, ParkedEventView } from './parked-events.dto.js';
import { policyProblem } from './policies.problems.js';

@ApiTags('Policies')
@Controller('policies/parked')
export class ParkedEventsController {
  constructor(
    private readonly list: ParkedEventList,
    private readonly decisions: ParkedEventDecisions,
  ) {}

  @Get()
  @RequirePermission('policies:read')
  @ApiOperation({
    summary: 'List parked events',
    description: 'Events that a policy could not handle, and those of the same key that wait behind them.',
  })
  @ApiOkResponse({ type: ParkedEventPage })
  async page(@Query() query: ParkedEventQuery): Promise<ParkedEventPage> {
    const found = await this.list.page(query);
    return { ...found, items: found.items.map((row) => new ParkedEventView(row)) };
  }

  @Get(':id')
  @RequirePermission('policies:read')
  @ApiOperation({
    summary: 'Read one parked event',
    description: 'Why it is parked, or who had it replayed or skipped.',
  })
  @ApiOkResponse({ type: ParkedEventView })
  async one(@Param() { id }: ParkedEventParams): Promise<ParkedEventView> {
    const row = await this.list.find(id);
    if (!row) throw policyProblem('parked_event_not_found');
    return new ParkedEventView(row);
  }

  @Post(':id/replay')
  @HttpCode(202)
  @RequirePermission('policies:operate')
  @ApiOperation({
    summary: 'Replay a parked event',
    description: 'The policy handles it again, then those that wait behind it. If it fails again, it is parked again.',
  })
  @ApiAcceptedResponse({ type: CommandResult })
  async replay(
    @Param() { id }: ParkedEventParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.decisions.decide(ReplayParkedEvent, id, context), reply);
  }

  @Post(':id/skip')
  @HttpCode(202)
  @RequirePermission('policies:operate')
  @ApiOperation({
    summary: 'Skip a parked event',
    description: 'The policy never handles it and goes on with those that wait behind it.',
  })
  @ApiAcceptedResponse({ type: CommandResult })
  async skip(
    @Param() { id }: ParkedEventParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.decisions.decide(SkipParkedEvent, id, context), reply);
  }
}
