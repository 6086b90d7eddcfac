import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import type { LifeCycleChange } from '#libs/events/src/contract.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { AmendContractDto, StandingDto } from './contract.dto.js';
import { contractProblem } from './contract.problems.js';
import { AmendContract, ChangeStanding } from './domain/contract-commands.js';
import { contractDecider } from './domain/contract.decider.js';
import { demandRoomForStorage, demandSold, termPointers } from './sold-terms.js';

@ApiTags('Contracts')
@Controller('contracts')
export class ContractLifeCycleController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  @Post(':id/amend')
  @HttpCode(200)
  @RequirePermission('contracts:write')
  @ApiOperation({
    summary: 'Amend a contract',
    description:
      `Changes what is named; the rest stays. The environment follows. Answers 409 with the way out for what can't be done in ` +
      'place: storage that shrinks, another region.',
  })
  @ApiOkResponse({ type: CommandResult })
  async amend(
    @Param() { id }: IdParams,
    @Body() body: AmendContractDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const changes = {
      ...(body.company && { company: given(body.company) }),
      ...(body.terms && { terms: given(body.terms) }),
    };
    if (Object.values(changes).every((part) => Object.keys(part).length === 0)) {
      const errors = [
        { in: 'body', pointer: '', detail: 'Names nothing that changes. Name fields of company or terms.' },
      ];
      throw httpProblem('validation_failed', undefined, { errors });
    }
    const contract = await this.aggregates.load(contractDecider, id);
    if (contract.status === 'none') throw contractProblem('contract_not_found');
    const { terms: checkedOn } = contract.applied.content;
    // What is stored is never checked again: a plan that is no longer sold keeps its contracts.
    if (changes.terms) {
      const terms = { ...checkedOn, ...changes.terms };
      if (contract.status !== 'draft' && changes.terms.storageQuota === undefined) {
        demandRoomForStorage(this.catalogue, terms);
      }
      demandSold(this.catalogue, terms, termPointers);
    }
    const done: Committed = await this.commands.execute(new AmendContract(id, { changes, checkedOn }, context));
    return commandResult(done, reply);
  }

  @Post(':id/suspend')
  @HttpCode(200)
  @RequirePermission('contracts:write')
  @ApiOperation({
    summary: 'Suspend a contract',
    description: 'Its environment is put to sleep: nothing runs, files and quota stay. Resume it at any time.',
  })
  @ApiOkResponse({ type: CommandResult })
  async suspend(
    @Param() { id }: IdParams,
    @Body() body: StandingDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.change('suspended', id, body, context, reply);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @RequirePermission('contracts:write')
  @ApiOperation({
    summary: 'Resume a contract',
    description: 'A suspended contract holds again, with its environment.',
  })
  @ApiOkResponse({ type: CommandResult })
  async resume(
    @Param() { id }: IdParams,
    @Body() body: StandingDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.change('resumed', id, body, context, reply);
  }

  @Post(':id/terminate')
  @HttpCode(200)
  @RequirePermission('contracts:write')
  @ApiOperation({
    summary: 'Terminate a contract',
    description:
      'Final. What the plan promises is exported, the files are kept for the time that it names, then the environment ' +
      'is deleted.',
  })
  @ApiOkResponse({ type: CommandResult })
  async terminate(
    @Param() { id }: IdParams,
    @Body() body: StandingDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.change('terminated', id, body, context, reply);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RequirePermission('contracts:write')
  @ApiOperation({
    summary: 'Cancel a contract',
    description:
      'Final, and meant for a contract whose environment is not ready yet: what stands of it is deleted. An environment ' +
      'that was ready is taken down as after a termination, so that nothing is lost.',
  })
  @ApiOkResponse({ type: CommandResult })
  async cancel(
    @Param() { id }: IdParams,
    @Body() body: StandingDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.change('cancelled', id, body, context, reply);
  }

  private async change(
    change: LifeCycleChange,
    id: string,
    { reason }: StandingDto,
    context: CommandContext,
    reply: FastifyReply,
  ): Promise<CommandResult> {
    const data = { change, ...(reason !== undefined && { reason }) };
    const done: Committed = await this.commands.execute(new ChangeStanding(id, data, context));
    return commandResult(done, reply);
  }
}

/** The fields that were sent: a DTO has the others as undefined. */
function given<Part extends object>(part: Part): { [Key in keyof Part]?: Exclude<Part[Key], undefined> } {
  const sent = Object.entries(part).filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent) as { [Key in keyof Part]?: Exclude<Part[Key], undefined> };
}
