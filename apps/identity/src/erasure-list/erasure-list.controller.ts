import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { identityProblem } from '../identity.problems.js';
import { ErasurePage, ErasureQuery, ErasureView, erasureView } from './erasure-list.dto.js';
import { ErasureRow } from './erasure-list.entity.js';
import { erasureListProjection } from './erasure-list.projection.js';

const order: PageOrder<ErasureRow> = { sorts: ['requestedAt'], defaultSort: '-requestedAt' };

@ApiTags('Erasures')
@Controller('erasures')
export class ErasureListController {
  constructor(@InjectRepository(ErasureRow, 'identity') private readonly rows: Repository<ErasureRow>) {}

  @Get()
  @ReadsFrom(erasureListProjection)
  @RequirePermission('erasures:read')
  @ApiOperation({ summary: 'List erasures', description: 'Newest first unless asked otherwise.' })
  @ApiOkResponse({ type: ErasurePage })
  async list(@Query() query: ErasureQuery): Promise<ErasurePage> {
    const { status, subject } = query;
    const { items, ...page } = await pageOf(this.rows, { status, subject }, query, order);
    return { items: items.map(erasureView), ...page };
  }

  @Get(':id')
  @ReadsFrom(erasureListProjection)
  @RequirePermission('erasures:read')
  @ApiOperation({
    summary: 'Read one erasure',
    description: 'Once its status is "completed" the answer is the certificate: what, when, who asked, who confirmed.',
  })
  @ApiOkResponse({ type: ErasureView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<ErasureView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw identityProblem('erasure_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return erasureView(row);
  }
}
