import { Controller, Delete, Get, Param, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { may } from '#libs/auth/src/permissions.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import type { Caller } from '#libs/http/src/request.js';
import { RevokeSession, sessionDecider } from '../domain/session.decider.js';
import { identityProblem } from '../identity.problems.js';
import { SessionPage, sessionView } from './session-list.dto.js';
import { SessionRow } from './session-list.entity.js';
import { sessionListProjection } from './session-list.projection.js';

const order: PageOrder<SessionRow> = { sorts: ['startedAt', 'lastUsedAt'], defaultSort: '-startedAt' };
const sorts = `Sorts: ${order.sorts.join(', ')}. Newest first unless asked otherwise.`;

@ApiTags('Sessions')
@Controller('auth')
export class SessionListController {
  constructor(
    @InjectRepository(SessionRow, 'identity') private readonly rows: Repository<SessionRow>,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
  ) {}

  @Get('sessions')
  @ReadsFrom(sessionListProjection)
  @RequirePermission('own-session:use')
  @ApiOperation({ summary: 'List your sessions', description: `Those that have ended too. ${sorts}` })
  @ApiOkResponse({ type: SessionPage })
  async own(@Query() query: PageQuery, @Principal() caller: Caller): Promise<SessionPage> {
    if (caller.sessionId === undefined) throw identityProblem('no_session');
    return this.page(caller.id, query, caller);
  }

  @Get('users/:id/sessions')
  @ReadsFrom(sessionListProjection)
  @RequirePermission('users:read')
  @ApiOperation({ summary: 'List the sessions of a user', description: `Those that have ended too. ${sorts}` })
  @ApiOkResponse({ type: SessionPage })
  async ofUser(
    @Param() { id }: IdParams,
    @Query() query: PageQuery,
    @Principal() caller: Caller,
  ): Promise<SessionPage> {
    return this.page(id, query, caller);
  }

  @Delete('sessions/:id')
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'End a session',
    description: "One of your own; administrators end anybody's. Its tokens are refused everywhere within a second.",
  })
  @ApiOkResponse({ type: CommandResult })
  async revoke(
    @Param() { id }: IdParams,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const isOwn = (await this.ownerOf(id)) === caller.id;
    // Whether somebody else has a session of this id is nobody's business.
    if (!isOwn && !may(caller, 'users:manage')) throw identityProblem('session_not_found');
    const reason = isOwn ? 'requested' : 'administrator';
    return commandResult(await this.commands.execute(new RevokeSession(id, { reason }, context)), reply);
  }

  private async page(userId: string, query: PageQuery, caller: Caller): Promise<SessionPage> {
    const { items, ...page } = await pageOf(this.rows, { userId }, query, order);
    return { items: items.map((row) => sessionView(row, caller.sessionId)), ...page };
  }

  private async ownerOf(sessionId: string): Promise<string | undefined> {
    for await (const event of this.aggregates.history(sessionDecider, sessionId)) return event.data.userId;
    return undefined;
  }
}
