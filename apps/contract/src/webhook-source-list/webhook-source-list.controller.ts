import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import { rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import { secretViews } from '#libs/webhooks/src/secrets.dto.js';
import { contractProblem } from '../contract.problems.js';
import { WebhookSourcePage, WebhookSourceView } from '../webhook-sources/webhook-sources.dto.js';
import { WebhookSourceRow } from './webhook-source-list.entity.js';
import { webhookSourceListProjection } from './webhook-source-list.projection.js';

const order: PageOrder<WebhookSourceRow> = { sorts: ['registeredAt', 'name'], defaultSort: '-registeredAt' };

@ApiTags('Webhook sources')
@Controller('webhook-sources')
export class WebhookSourceListController {
  constructor(@InjectRepository(WebhookSourceRow, 'contract') private readonly rows: Repository<WebhookSourceRow>) {}

  @Get()
  @ReadsFrom(webhookSourceListProjection)
  @RequirePermission('webhook-sources:read')
  @ApiOperation({
    summary: 'List webhook sources',
    description: `Sorts: ${order.sorts.join(', ')}. Secrets are listed by version and never shown.`,
  })
  @ApiOkResponse({ type: WebhookSourcePage })
  async list(@Query() query: PageQuery): Promise<WebhookSourcePage> {
    const { items, ...page } = await pageOf(this.rows, {}, query, order);
    return { items: items.map(webhookSourceView), ...page };
  }

  @Get(':id')
  @ReadsFrom(webhookSourceListProjection)
  @RequirePermission('webhook-sources:read')
  @ApiOperation({ summary: 'Read one webhook source', description: 'ETag is its revision; send it back as If-Match.' })
  @ApiOkResponse({ type: WebhookSourceView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<WebhookSourceView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw contractProblem('webhook_source_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return webhookSourceView(row);
  }
}

function webhookSourceView({ id, name, secrets, registeredAt, revision }: Shown<WebhookSourceRow>): WebhookSourceView {
  return {
    id,
    name,
    path: `/api/webhooks/crm/${id}`,
    secrets: secretViews(secrets),
    registeredAt,
    revision,
  };
}
