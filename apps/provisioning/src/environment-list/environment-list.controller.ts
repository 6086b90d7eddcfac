import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { pageOf } from '#libs/http/src/paging.js';
import { EnvironmentParams } from '../environment.dto.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { EnvironmentDto, EnvironmentPage, EnvironmentQuery } from './environment-list.dto.js';
import { EnvironmentRow } from './environment-list.entity.js';
import { environmentListProjection } from './environment-list.projection.js';

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentListController {
  constructor(
    @InjectRepository(EnvironmentRow, 'provisioning') private readonly environments: Repository<EnvironmentRow>,
  ) {}

  @Get()
  @ReadsFrom(environmentListProjection)
  @RequirePermission('environments:read')
  @ApiOperation({ summary: 'List environments', description: 'Newest first, unless sorted otherwise.' })
  @ApiOkResponse({ type: EnvironmentPage })
  async list(@Query() page: EnvironmentQuery): Promise<EnvironmentPage> {
    const query = this.environments.createQueryBuilder('environment');
    for (const filter of ['status', 'region', 'plan', 'contractId'] as const) {
      const value = page[filter];
      if (value !== undefined) query.andWhere(`environment.${filter} = :${filter}`, { [filter]: value });
    }
    const { items, ...rest } = await pageOf(query, page, {
      sorts: { requestedAt: 'environment.requestedAt', externalId: 'environment.externalId' },
      defaultSort: '-requestedAt',
      id: 'environment.environmentId',
    });
    return { items: items.map((row) => new EnvironmentDto(row)), ...rest };
  }

  @Get(':id')
  @ReadsFrom(environmentListProjection)
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Read an environment',
    description: 'With the time of every step, and what to do when it needs attention.',
  })
  @ApiOkResponse({ type: EnvironmentDto })
  async one(
    @Param() { id }: EnvironmentParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EnvironmentDto> {
    const row = await this.environments.findOneBy({ environmentId: id });
    if (!row) throw provisioningProblem('environment_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return new EnvironmentDto(row);
  }
}
