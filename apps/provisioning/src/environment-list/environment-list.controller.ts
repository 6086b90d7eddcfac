import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { EnvironmentPage, EnvironmentQuery, EnvironmentView, environmentView } from './environment-list.dto.js';
import { EnvironmentRow } from './environment-list.entity.js';
import { environmentListProjection } from './environment-list.projection.js';

const order: PageOrder<EnvironmentRow> = { sorts: ['requestedAt', 'externalId'], defaultSort: '-requestedAt' };

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentListController {
  constructor(@InjectRepository(EnvironmentRow, 'provisioning') private readonly rows: Repository<EnvironmentRow>) {}

  @Get()
  @ReadsFrom(environmentListProjection)
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'List environments',
    description: `Sorts: ${order.sorts.join(', ')}. Newest first unless asked otherwise.`,
  })
  @ApiOkResponse({ type: EnvironmentPage })
  async list(@Query() query: EnvironmentQuery): Promise<EnvironmentPage> {
    const { status, class: failureClass, region, plan, cluster: clusterId, contractId } = query;
    const { items, ...page } = await pageOf(
      this.rows,
      { status, failureClass, region, plan, clusterId, contractId },
      query,
      order,
    );
    return { items: items.map(environmentView), ...page };
  }

  @Get(':id')
  @ReadsFrom(environmentListProjection)
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Read an environment',
    description: 'With the time of every step, and what to do when it needs attention.',
  })
  @ApiOkResponse({ type: EnvironmentView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<EnvironmentView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw provisioningProblem('environment_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return environmentView(row);
  }
}
