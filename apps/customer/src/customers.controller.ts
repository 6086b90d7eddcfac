import { Body, Controller, Delete, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
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
import { AnsweredBefore } from './answered-before.js';
import {
  asTheyStand,
  CreateCustomerDto,
  CustomerRecordDto,
  DuplicatesQuery,
  recordFrom,
  TakesIfMatch,
} from './customer.dto.js';
import { CreateCustomer, DeleteCustomer, RestoreCustomer, UpdateCustomer } from './domain/customer-commands.js';
import { customerDecider } from './domain/customer.decider.js';
import { Duplicates } from './duplicates/duplicates.js';
import { SalesPeople } from './sales-people.js';

const partialCheck = {
  'X-Duplicate-Check': {
    description:
      '"partial" where the read models were too far behind: compared were those whom they know, and those written ' +
      'here lately. GET /api/customers/duplicates finds the others later.',
    schema: { type: 'string' as const, enum: ['partial'] },
  },
};

@ApiTags('Customers')
@Controller('customers')
export class CustomersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly salesPeople: SalesPeople,
    private readonly duplicates: Duplicates,
    private readonly aggregates: Aggregates,
    private readonly answered: AnsweredBefore,
  ) {}

  @Post()
  @RequirePermission('customers:write')
  @ApiOperation({
    summary: 'Write a customer down',
    description:
      'With the user who looks after them, if one does. 409 with up to five candidates when others look like them: the ' +
      'same mail address or phone number, or the same name with the same day of birth or postal code.',
  })
  @ApiCreatedResponse({ type: CommandResult, headers: partialCheck })
  async create(
    @Body() body: CreateCustomerDto,
    @Query() query: DuplicatesQuery,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const id = stableId('customer', context.commandId);
    const record = recordFrom(body);
    const assignedSalesId = body.assignedSalesId ?? null;
    const { partial, ...differs } = (await this.answered.orElse(id, context, async () => {
      if (assignedSalesId !== null) await this.salesPeople.demandAssignable(assignedSalesId, caller);
      return this.duplicates.demandNone(id, query.duplicates, record);
    })) ?? { partial: false };
    const done: Committed = await this.commands.execute(
      new CreateCustomer(id, { record, assignedSalesId, ...differs }, context),
    );
    this.duplicates.wrote(done, record);
    tellPartial(partial, reply);
    void reply.header('Location', `/api/customers/${id}`);
    return commandResult(done, reply);
  }

  @Put(':id')
  @RequirePermission('customers:write')
  @ApiOperation({
    summary: 'Change what is known of a customer',
    description:
      'The whole record: what is left out is not known from now on. Send If-Match, so that nobody else is overwritten.',
  })
  @TakesIfMatch(
    'Without it the last one to write wins, with all fields: what others wrote since you read is overwritten and ' +
      'stands in /changes only.',
  )
  @ApiOkResponse({ type: CommandResult, headers: partialCheck })
  async update(
    @Param() { id }: IdParams,
    @Body() body: CustomerRecordDto,
    @Query() query: DuplicatesQuery,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const record = recordFrom(body);
    const customer = await this.aggregates.load(customerDecider, id);
    // Of one that is not active the command tells why nothing can be changed.
    const compared =
      customer.status === 'active'
        ? await this.answered.orElse(id, context, () =>
            this.duplicates.demandNone(id, query.duplicates, record, customer.record),
          )
        : undefined;
    const { partial, ...differs } = compared ?? { partial: false };
    const done: Committed = await this.commands.execute(new UpdateCustomer(id, { record, ...differs }, context));
    this.duplicates.wrote(done, record);
    tellPartial(partial, reply);
    return commandResult(done, reply);
  }

  @Delete(':id')
  @RequirePermission('customers:delete')
  @ApiOperation({
    summary: 'Delete a customer',
    description: 'Puts the customer away with their meetings and tasks. Nothing is lost: they can be restored.',
  })
  @TakesIfMatch(asTheyStand)
  @ApiOkResponse({ type: CommandResult })
  async remove(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new DeleteCustomer(id, {}, context));
    return commandResult(done, reply);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequirePermission('customers:delete')
  @ApiOperation({
    summary: 'Restore a deleted customer',
    description: 'The customer is back, and so is what went with them.',
  })
  @TakesIfMatch(asTheyStand)
  @ApiOkResponse({ type: CommandResult })
  async restore(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new RestoreCustomer(id, {}, context));
    return commandResult(done, reply);
  }
}

function tellPartial(partial: boolean, reply: FastifyReply): void {
  if (partial) void reply.header('X-Duplicate-Check', 'partial');
}
