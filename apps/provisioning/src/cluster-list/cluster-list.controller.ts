import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import { rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import { ClusterParams } from '../clusters/clusters.dto.js';
import { Clusters } from '../clusters/clusters.js';
import { StandingEnvironments } from '../clusters/standing.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { ClusterPage, ClusterView } from './cluster-list.dto.js';
import { ClusterRow } from './cluster-list.entity.js';
import { clusterListProjection } from './cluster-list.projection.js';

const order: PageOrder<ClusterRow> = { sorts: ['addedAt', 'id'], defaultSort: 'addedAt' };

@ApiTags('Clusters')
@Controller('clusters')
export class ClusterListController {
  constructor(
    @InjectRepository(ClusterRow, 'provisioning') private readonly rows: Repository<ClusterRow>,
    private readonly clusters: Clusters,
    private readonly standing: StandingEnvironments,
  ) {}

  @Get()
  @ReadsFrom(clusterListProjection)
  @RequirePermission('clusters:read')
  @ApiOperation({
    summary: 'List clusters',
    description: `With what stands on each, and whether it answers. Sorts: ${order.sorts.join(', ')}.`,
  })
  @ApiOkResponse({ type: ClusterPage })
  async list(@Query() query: PageQuery): Promise<ClusterPage> {
    const { items, ...page } = await pageOf(this.rows, {}, query, order);
    const counts = await this.counts();
    return { items: items.map((row) => this.view(row, counts.get(row.id) ?? 0)), ...page };
  }

  @Get(':id')
  @ReadsFrom(clusterListProjection)
  @RequirePermission('clusters:read')
  @ApiOperation({
    summary: 'Read a cluster',
    description: 'GET /api/environments?cluster=<id> lists what was placed there.',
  })
  @ApiOkResponse({ type: ClusterView })
  async one(@Param() { id }: ClusterParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<ClusterView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw provisioningProblem('cluster_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return this.view(row, (await this.counts()).get(id) ?? 0);
  }

  private async counts(): Promise<ReadonlyMap<string, number>> {
    const counts = await this.standing.counts();
    return new Map(counts.map(({ clusterId, standing }) => [clusterId, standing]));
  }

  private view(row: Shown<ClusterRow>, environments: number): ClusterView {
    const cluster = this.clusters.seen(row.id);
    const away = cluster?.breaker.closed;
    return {
      ...row,
      environments,
      free: row.capacity === null ? null : Math.max(0, row.capacity - environments),
      health: {
        state: away ? 'away' : cluster ? 'answers' : 'not_asked',
        awaySince: away?.since.toISOString() ?? null,
        reason: away?.why ?? null,
      },
    };
  }
}
