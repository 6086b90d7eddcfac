import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { type Filter, rowOf } from '#libs/http/src/shown-rows.js';
import { recordAsOf } from '../customer-history/record-history.js';
import { customerProblem } from '../customer.problems.js';
import { customerDecider } from '../domain/customer.decider.js';
import {
  AsOfQuery,
  customerFilter,
  CustomerPage,
  CustomerQuery,
  CustomerView,
  customerView,
  SalesCustomersQuery,
  SalesParams,
} from './customer-list.dto.js';
import { CustomerRow } from './customer-list.entity.js';
import { customerListProjection } from './customer-list.projection.js';

const order: PageOrder<CustomerRow> = {
  sorts: ['createdAt', 'updatedAt', 'name', 'reading'],
  defaultSort: '-createdAt',
};

@ApiTags('Customers')
@Controller('customers')
export class CustomerListController {
  constructor(
    @InjectRepository(CustomerRow, 'customer') private readonly rows: Repository<CustomerRow>,
    private readonly aggregates: Aggregates,
  ) {}

  @Get()
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'List customers',
    description:
      `Active ones unless another status is asked for. Sorts: ${order.sorts.join(', ')}; "reading" is the kana of the ` +
      'name, else the name. Newest first unless asked otherwise.',
  })
  @ApiOkResponse({ type: CustomerPage })
  async list(@Query() query: CustomerQuery): Promise<CustomerPage> {
    return this.page(customerFilter(query), query);
  }

  @Get('by-sales/:salesId')
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'List the customers of a sales person',
    description: 'Active ones unless another status is asked for. Empty for a user whom nobody has assigned.',
  })
  @ApiOkResponse({ type: CustomerPage })
  async bySales(@Param() { salesId }: SalesParams, @Query() query: SalesCustomersQuery): Promise<CustomerPage> {
    const { status, investmentProfile, riskTolerance } = query;
    return this.page({ status, investmentProfile, riskTolerance, assignedSalesId: salesId }, query);
  }

  @Get(':id')
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'Read one customer',
    description:
      'Deleted and merged ones too; "status" says so. ETag is the revision; send it back as If-Match. With asOf the ' +
      'record as it was then, without ETag.',
  })
  @ApiOkResponse({ type: CustomerView })
  async one(
    @Param() { id }: IdParams,
    @Query() { asOf }: AsOfQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerView> {
    if (asOf !== undefined) return this.oneAsOf(id, asOf);
    const row = await rowOf(this.rows, id);
    if (!row) throw customerProblem('customer_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return customerView(row);
  }

  private async oneAsOf(id: string, instant: string): Promise<CustomerView> {
    const view = await recordAsOf(id, this.aggregates.history(customerDecider, id), instant);
    if (!view) throw customerProblem('customer_not_found', `No customer had this id at ${instant}.`);
    return view;
  }

  private async page(filter: Filter<CustomerRow>, query: SalesCustomersQuery): Promise<CustomerPage> {
    const { items, ...page } = await pageOf(this.rows, filter, query, order);
    return { items: items.map(customerView), ...page };
  }
}
