import { Body, Controller, Delete, Get, Header, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import { RevokeApiKey } from '../domain/api-key.decider.js';
import { ApiKeyRow } from './api-key-list.entity.js';
import { apiKeyListProjection } from './api-key-list.projection.js';
import { ApiKeyPage, apiKeyView, IssueApiKeyDto, IssuedApiKey } from './api-keys.dto.js';
import { ApiKeys } from './api-keys.js';

const order: PageOrder<ApiKeyRow> = { sorts: ['issuedAt', 'expiresAt', 'name'], defaultSort: '-issuedAt' };

@ApiTags('API keys')
@Controller('auth/api-keys')
export class ApiKeysController {
  constructor(
    @InjectRepository(ApiKeyRow, 'identity') private readonly rows: Repository<ApiKeyRow>,
    private readonly commands: CommandBus,
    private readonly apiKeys: ApiKeys,
  ) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  @RequirePermission('api-keys:manage')
  @ApiOperation({
    summary: 'Issue a key for a machine client',
    description: 'The key is shown in this answer only; a repetition with the same Idempotency-Key shows it again.',
  })
  @ApiCreatedResponse({ type: IssuedApiKey })
  async issue(
    @Body() { name, role, scopes, expiresAt }: IssueApiKeyDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedApiKey> {
    const wanted = { name, role, scopes: scopes ?? null, expiresAt: new Date(expiresAt) };
    const { key, ...done } = await this.apiKeys.issue(wanted, context);
    void reply.header('Location', `/api/auth/api-keys/${done.id}`);
    return { ...commandResult(done, reply), key };
  }

  @Get()
  @ReadsFrom(apiKeyListProjection)
  @RequirePermission('api-keys:read')
  @ApiOperation({
    summary: 'List keys of machine clients',
    description: `Without their secrets, expired and revoked ones too. Sorts: ${order.sorts.join(', ')}.`,
  })
  @ApiOkResponse({ type: ApiKeyPage })
  async list(@Query() query: PageQuery): Promise<ApiKeyPage> {
    const { items, ...page } = await pageOf(this.rows, {}, query, order);
    return { items: items.map(apiKeyView), ...page };
  }

  @Delete(':id')
  @RequirePermission('api-keys:manage')
  @ApiOperation({ summary: 'Revoke a key', description: 'It is refused everywhere within a second, for good.' })
  @ApiOkResponse({ type: CommandResult })
  async revoke(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.commands.execute(new RevokeApiKey(id, {}, context)), reply);
  }
}
