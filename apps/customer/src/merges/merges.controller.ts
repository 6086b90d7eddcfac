import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ArrayUnique, IsArray, IsIn } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { CustomerField } from '#libs/events/src/customer.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import { AnsweredBefore } from '../answered-before.js';
import { asTheyStand, TakesIfMatch } from '../customer.dto.js';
import { customerProblem } from '../customer.problems.js';
import { RequestMerge } from '../domain/customer-commands.js';
import { customerFields } from '../domain/customer.js';
import { customerDecider } from '../domain/customer.decider.js';
import { notActive } from '../domain/refusals.js';

class MergeDto {
  @ApiProperty({ format: 'uuid', description: 'The customer who goes.' })
  @Uuid()
  mergedCustomerId: string;

  @ApiPropertyOptional({
    enum: customerFields,
    isArray: true,
    description: 'Fields that are taken from the one who goes. What is not known of the one who stays is taken anyway.',
  })
  @Optional()
  @IsArray()
  @ArrayUnique()
  @IsIn(customerFields, { each: true })
  take: CustomerField[] = [];
}

@ApiTags('Customers')
@Controller('customers')
export class MergesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly answered: AnsweredBefore,
  ) {}

  @Post(':id/merge')
  @HttpCode(202)
  @RequirePermission('customers:merge')
  @ApiOperation({
    summary: 'Merge another customer into this one',
    description:
      'The other one becomes part of this one with all that belongs to it, a moment later and for good. Its history ' +
      'stays readable under its id. Both stay when the other one is deleted or merged in this very moment.',
  })
  @TakesIfMatch(asTheyStand)
  @ApiAcceptedResponse({ type: CommandResult })
  async merge(
    @Param() { id }: IdParams,
    @Body() { mergedCustomerId, take }: MergeDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    await this.answered.orElse(id, context, () => this.demandMergeable(mergedCustomerId));
    const mergeId = stableId('merge', context.commandId);
    const done: Committed = await this.commands.execute(
      new RequestMerge(id, { mergeId, mergedCustomerId, take }, context),
    );
    return commandResult(done, reply);
  }

  /** Most of what hinders a merge is there before it begins. */
  private async demandMergeable(id: string): Promise<void> {
    const customer = await this.aggregates.load(customerDecider, id);
    if (customer.status !== 'active') {
      const { code, detail, facts } = notActive(customer);
      throw customerProblem(code, `${id}: ${detail}`, facts);
    }
    if (customer.merges.length > 0) {
      throw customerProblem('customer_is_merging', `${id} takes in another customer just now. Try again after that.`);
    }
  }
}
