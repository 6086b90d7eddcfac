import { Body, Controller, Delete, HttpCode, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { ChangeDealStage, DeleteDeal, OpenDeal, RestoreDeal, UpdateDeal, usualProbability } from '../domain/deal.js';
import { dealDecider } from '../domain/deal.decider.js';
import { KnownPeople } from '../known-people.js';
import { opportunityProblem } from '../opportunity.problems.js';
import { DealStageDto, OpenDealDto, UpdateDealDto } from './deals.dto.js';

@ApiTags('Deals')
@Controller('deals')
export class DealsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly people: KnownPeople,
  ) {}

  @Post()
  @RequirePermission('deals:write')
  @ApiOperation({
    summary: 'Open a deal',
    description: 'A chance to sell something. Titles and descriptions may name the customer only.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async open(
    @Body() body: OpenDealDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { title, description = null, amount, expectedCloseDate, stage, customerId = null } = body;
    const { probability = usualProbability[stage] } = body;
    const ownerId = ownerOf(body, caller);
    const findings = await this.people.find(customerId, [ownerId], 'deals:write');
    const content = { title, description, amount, probability, expectedCloseDate, stage, customerId, ownerId };
    const id = stableId('deal', context.commandId);
    void reply.header('Location', `/api/deals/${id}`);
    return commandResult(await this.commands.execute(new OpenDeal(id, { ...content, findings }, context)), reply);
  }

  @Put(':id')
  @RequirePermission('deals:write')
  @ApiOperation({ summary: 'Change a deal', description: 'The whole deal as it is from now on; its stage stays.' })
  @ApiOkResponse({ type: CommandResult })
  async update(
    @Param() { id }: IdParams,
    @Body() body: UpdateDealDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { title, description = null, amount, probability, expectedCloseDate } = body;
    const ownerId = ownerOf(body, caller);
    const findings = await this.people.find(null, [ownerId], 'deals:write');
    const content = { title, description, amount, probability, expectedCloseDate, ownerId };
    return commandResult(await this.commands.execute(new UpdateDeal(id, { ...content, findings }, context)), reply);
  }

  @Patch(':id/stage')
  @HttpCode(200)
  @RequirePermission('deals:write')
  @ApiOperation({
    summary: 'Bring a deal into another stage',
    description: 'Also wins or loses it, and takes up again what was won or lost.',
  })
  @ApiOkResponse({ type: CommandResult })
  async changeStage(
    @Param() { id }: IdParams,
    @Body() { stage, probability, comment = null }: DealStageDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const data = { stage, comment, ...(probability !== undefined && { probability }) };
    return commandResult(await this.commands.execute(new ChangeDealStage(id, data, context)), reply);
  }

  @Delete(':id')
  @RequirePermission('deals:write')
  @ApiOperation({
    summary: 'Delete a deal',
    description: 'It is put away, and its history stays. POST /api/deals/{id}/restore brings it back.',
  })
  @ApiOkResponse({ type: CommandResult })
  async remove(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.commands.execute(new DeleteDeal(id, { reason: 'requested' }, context)), reply);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequirePermission('deals:write')
  @ApiOperation({
    summary: 'Restore a deleted deal',
    description: 'One that went with its customer comes back with them: restore the customer.',
  })
  @ApiOkResponse({ type: CommandResult })
  async restore(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const deal = await this.aggregates.load(dealDecider, id);
    const findings = await this.people.find(deal.status === 'none' ? null : deal.customerId, []);
    const command = new RestoreDeal(id, { reason: 'requested', findings }, context);
    return commandResult(await this.commands.execute(command), reply);
  }
}

/** A machine looks after no deal. */
function ownerOf({ ownerId }: { readonly ownerId?: string }, { id, role }: Caller): string {
  if (ownerId !== undefined) return ownerId;
  if (role === 'SERVICE') throw opportunityProblem('owner_needed');
  return id;
}
