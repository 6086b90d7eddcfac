import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { unsoldTerms } from '#libs/catalogue/src/unsold-terms.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { FieldError } from '#libs/http/src/validation.js';
import { environmentDecider } from './domain/environment.decider.js';
import { CorrectEnvironment, ResolveEnvironment, RetryEnvironment } from './domain/manual-handling.js';
import { CorrectEnvironmentDto, ResolveEnvironmentDto, RetryEnvironmentDto } from './manual-handling.dto.js';
import { provisioningProblem } from './provisioning.problems.js';

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
    const { plans, regions } = this.catalogue;
    const { plan, region } = changes;
    if (plan !== undefined && !plans[plan]) throw notSold('plan', plan, Object.keys(plans));
    if (region !== undefined && !regions[region]) throw notSold('region', region, Object.keys(regions));
    const state = await this.aggregates.load(environmentDecider, id);
    if (state.status === 'none') throw provisioningProblem('environment_not_found');
    const terms = { ...state.identity.terms, ...changes };
    const errors = unsoldTerms(this.catalogue, terms)
      // Another plan has other limits; apart from that, what is not changed stays as it was sold once.
      .filter(({ term }) => term in changes || (plan !== undefined && term !== 'region'))
      .map(({ term, detail }): FieldError => ({ in: 'body', pointer: `/${term}`, detail }));
    if (errors.length > 0) throw httpProblem('validation_failed', undefined, { errors });
    const images = plans[terms.plan]?.images ?? [];
    if (image !== undefined && !images.includes(image)) throw notSold('image', image, images);
  }
}

/** Without what was left out. */
function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}

function notSold(what: string, name: string, sold: readonly string[]) {
  return provisioningProblem('not_in_catalogue', `There is no ${what} "${name}". Name one of ${sold.join(', ')}.`);
}
