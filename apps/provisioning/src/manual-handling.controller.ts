import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { environmentDecider } from './domain/environment.decider.js';
import { CorrectEnvironment, ResolveEnvironment, RetryEnvironment } from './domain/manual-handling.js';
import { CorrectEnvironmentDto, ResolveEnvironmentDto, RetryEnvironmentDto } from './manual-handling.dto.js';
import { provisioningProblem } from './provisioning.problems.js';
import { given, insistOnSold, notSold } from './sold-terms.js';

/** What operators do with an environment that needs attention. */
@ApiTags('Environments')
@Controller('environments')
export class ManualHandlingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  @Post(':id/retry')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Retry an environment',
    description: 'Plans and applies anew what needs attention, or goes on from a step up to the one that failed.',
  })
  @ApiBody({ type: RetryEnvironmentDto, required: false })
  @ApiOkResponse({ type: CommandResult })
  async retry(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: RetryEnvironmentDto = {},
  ): Promise<CommandResult> {
    const { from, note } = body;
    const data = { ...(from !== undefined && { from }), ...(note !== undefined && { note }) };
    const done: Committed = await this.commands.execute(new RetryEnvironment(id, data, context));
    return commandResult(done, reply);
  }

  @Post(':id/resolve')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Resolve an environment by hand',
    description: 'It runs, because somebody brought it up by hand: it is ready, and its customer is told so.',
  })
  @ApiOkResponse({ type: CommandResult })
  async resolve(
    @Param() { id }: IdParams,
    @Body() { note }: ResolveEnvironmentDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new ResolveEnvironment(id, { note }, context));
    return commandResult(done, reply);
  }

  @Post(':id/correct')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Correct the settings or the version of an environment',
    description:
      'Other terms, another image of the plan, or both, for an environment that needs attention; it is planned and ' +
      'applied anew with them. The contract itself stays as it is.',
  })
  @ApiOkResponse({ type: CommandResult })
  async correct(
    @Param() { id }: IdParams,
    @Body() { image, note, ...changes }: CorrectEnvironmentDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const terms = given(changes);
    await this.insistOnSold(id, terms, image);
    const data = {
      ...(Object.keys(terms).length > 0 && { terms }),
      ...(image !== undefined && { image }),
      ...(note !== undefined && { note }),
    };
    const done: Committed = await this.commands.execute(new CorrectEnvironment(id, data, context));
    return commandResult(done, reply);
  }

  /** Refuses what would only fail again at the plan, and more than a contract with these terms could have. */
  private async insistOnSold(id: string, changes: Partial<ContractTerms>, image: string | undefined): Promise<void> {
    const state = await this.aggregates.load(environmentDecider, id);
    if (state.status === 'none') throw provisioningProblem('environment_not_found');
    const terms = insistOnSold(this.catalogue, state.identity.terms, changes);
    const images = this.catalogue.plans[terms.plan]?.images ?? [];
    if (image !== undefined && !images.includes(image)) throw notSold('image', image, images);
  }
}
