import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { AnsweredBefore } from './answered-before.js';
import { AssignCustomerDto, asTheyStand, TakesIfMatch } from './customer.dto.js';
import { AssignCustomer, ClaimCustomer } from './domain/customer-commands.js';
import { SalesPeople } from './sales-people.js';

@ApiTags('Customers')
@Controller('customers')
export class CustomerAssignmentController {
  constructor(
    private readonly commands: CommandBus,
    private readonly salesPeople: SalesPeople,
    private readonly answered: AnsweredBefore,
  ) {}

  @Post(':id/assign')
  @HttpCode(200)
  @RequirePermission('customers:assign')
  @ApiOperation({
    summary: 'Decide who looks after a customer',
    description: 'A user with the role SALES, MANAGER or ADMIN, or nobody.',
  })
  @TakesIfMatch(asTheyStand)
  @ApiOkResponse({ type: CommandResult })
  async assign(
    @Param() { id }: IdParams,
    @Body() { salesId }: AssignCustomerDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    await this.answered.orElse(id, context, async () => {
      if (salesId !== null) await this.salesPeople.demand(salesId);
    });
    const done: Committed = await this.commands.execute(
      new AssignCustomer(id, { salesId, cause: 'requested' }, context),
    );
    return commandResult(done, reply);
  }

  @Post(':id/claim')
  @HttpCode(200)
  @RequirePermission('customers:claim')
  @ApiOperation({
    summary: "Take a customer that is nobody's",
    description:
      'The caller looks after the customer from now on. Of several who claim at once one gets it; the others are told who.',
  })
  @TakesIfMatch(asTheyStand)
  @ApiOkResponse({ type: CommandResult })
  async claim(
    @Param() { id }: IdParams,
    @Principal() { id: salesId }: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    await this.answered.orElse(id, context, () => this.salesPeople.demand(salesId));
    const done: Committed = await this.commands.execute(new ClaimCustomer(id, { salesId }, context));
    return commandResult(done, reply);
  }
}
