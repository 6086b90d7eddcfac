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
import { contractProblem } from '../contract.problems.js';
import { ContractPage, ContractQuery, ContractView, contractView } from './contract-list.dto.js';
import { ContractRow } from './contract-list.entity.js';
import { contractListProjection } from './contract-list.projection.js';

const order: PageOrder<ContractRow> = {
  sorts: ['createdAt', 'updatedAt', 'contractDate', 'externalId', 'companyName'],
  defaultSort: '-createdAt',
};

@ApiTags('Contracts')
@Controller('contracts')
export class ContractListController {
  constructor(@InjectRepository(ContractRow, 'contract') private readonly rows: Repository<ContractRow>) {}

  @Get()
  @ReadsFrom(contractListProjection)
  @RequirePermission('contracts:read')
  @ApiOperation({
    summary: 'List contracts',
    description: `Sorts: ${order.sorts.join(', ')}. Newest first unless asked otherwise.`,
  })
  @ApiOkResponse({ type: ContractPage })
  async list(@Query() query: ContractQuery): Promise<ContractPage> {
    const { status, plan, region, externalId } = query;
    const { items, ...page } = await pageOf(this.rows, { status, plan, region, externalId }, query, order);
    return { items: items.map(contractView), ...page };
  }

  @Get(':id')
  @ReadsFrom(contractListProjection)
  @RequirePermission('contracts:read')
  @ApiOperation({ summary: 'Read one contract', description: 'ETag is its revision; send it back as If-Match.' })
  @ApiOkResponse({ type: ContractView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<ContractView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw contractProblem('contract_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return contractView(row);
  }
}
