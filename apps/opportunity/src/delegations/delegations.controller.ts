import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { PageOf, pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import type { Caller } from '#libs/http/src/request.js';
import { Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import { StandIns } from '../approvals/stand-ins.js';
import { delegationListProjection } from '../delegation-list/delegation-list.projection.js';
import { DelegationRow } from '../delegation-list/delegation.entity.js';
import { GrantDelegation, RevokeDelegation } from '../domain/delegation.decider.js';
import { KnownPeople } from '../known-people.js';
import { opportunityProblem } from '../opportunity.problems.js';
import { DelegationLookup } from './delegation-lookup.js';

const order: PageOrder<DelegationRow> = { sorts: ['from', 'until'], defaultSort: '-from' };

class GrantDelegationDto {
  @ApiProperty({ format: 'uuid', description: 'Who may decide.' })
  @Uuid()
  delegateId: string;

  @ApiProperty({ format: 'date-time' })
  @Instant()
  from: string;

  @ApiProperty({ format: 'date-time', description: 'When it ends; 366 days later at most.' })
  @Instant()
  until: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Whose approvals; the caller’s if left out. ADMIN for others.' })
  @Optional()
  @Uuid()
  delegatorId?: string;
}

class DelegationQuery extends PageQuery {
  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  delegatorId?: string;

  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  delegateId?: string;

  @ApiPropertyOptional()
  @Optional()
  @Flag()
  revoked?: boolean;
}

class DelegationView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty() delegatorId: string;
  @ApiProperty() delegateId: string;
  @ApiProperty({ format: 'date-time' }) from: string;
  @ApiProperty({ format: 'date-time' }) until: string;
  @ApiProperty() revoked: boolean;
  @ApiProperty() grantedBy: string;
}

class DelegationPage extends PageOf(DelegationView) {}

@ApiTags('Delegations')
@Controller('delegations')
export class DelegationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly people: KnownPeople,
    private readonly standIns: StandIns,
    private readonly lookup: DelegationLookup,
    @InjectRepository(DelegationRow, 'opportunity') private readonly rows: Repository<DelegationRow>,
  ) {}

  @Post()
  @RequirePermission('delegations:manage')
  @ApiOperation({
    summary: 'Delegate approvals for a time',
    description:
      'The delegate may decide in the place of the delegator, who still may too. A delegate may delegate again, five ' +
      'times at most, and never in a circle. It counts what holds when somebody decides.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async grant(
    @Body() body: GrantDelegationDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { delegateId, delegatorId = caller.id } = body;
    demandOwn(delegatorId, caller);
    const period = { from: new Date(body.from).toISOString(), until: new Date(body.until).toISOString() };
    const [findings, delegatesOfDelegate] = await Promise.all([
      this.people.find(null, [delegatorId, delegateId]),
      this.standIns.delegatesOf(delegateId, period),
    ]);
    const delegationId = stableId('delegation', context.commandId);
    const data = { delegationId, delegateId, ...period, findings, delegatesOfDelegate };
    const done: Committed = await this.commands.execute(new GrantDelegation(delegatorId, data, context));
    void reply.header('Location', `/api/delegations/${delegationId}`);
    return commandResult({ ...done, id: delegationId }, reply);
  }

  @Delete(':id')
  @RequirePermission('delegations:manage')
  @ApiOperation({
    summary: 'Revoke a delegation',
    description: 'By the delegator or an administrator. What was decided under it stays decided.',
  })
  @ApiOkResponse({ type: CommandResult })
  async revoke(
    @Param() { id }: IdParams,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const delegation = await this.lookup.find(id);
    if (!delegation) throw opportunityProblem('delegation_not_found');
    demandOwn(delegation.delegatorId, caller);
    const command = new RevokeDelegation(delegation.delegatorId, { delegationId: id, reason: 'requested' }, context);
    const done: Committed = await this.commands.execute(command);
    return commandResult({ ...done, id }, reply);
  }

  @Get()
  @ReadsFrom(delegationListProjection)
  @RequirePermission('delegations:read')
  @ApiOperation({
    summary: 'List delegations',
    description: `Past ones too. Sorts: ${order.sorts.join(', ')}. Latest first unless asked otherwise.`,
  })
  @ApiOkResponse({ type: DelegationPage })
  async list(@Query() query: DelegationQuery): Promise<DelegationPage> {
    const { delegatorId, delegateId, revoked } = query;
    return pageOf(this.rows, { delegatorId, delegateId, revoked }, query, order);
  }

  @Get(':id')
  @ReadsFrom(delegationListProjection)
  @RequirePermission('delegations:read')
  @ApiOperation({ summary: 'Read one delegation', description: 'Also one that is over or was revoked.' })
  @ApiOkResponse({ type: DelegationView })
  async one(@Param() { id }: IdParams): Promise<DelegationView> {
    const row = await this.lookup.find(id);
    if (!row) throw opportunityProblem('delegation_not_found');
    return row;
  }
}

function demandOwn(delegatorId: string, { id, roles }: Caller): void {
  if (delegatorId !== id && !roles.includes('ADMIN')) throw opportunityProblem('delegation_not_yours');
}
