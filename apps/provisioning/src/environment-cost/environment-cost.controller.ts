import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { decodeCursor, encodeCursor } from '#libs/http/src/paging.js';
import { costOfMonth } from './cost-of-month.js';
import { CostPage, CostQuery, type CustomerCost } from './environment-cost.dto.js';
import { EnvironmentCost } from './environment-cost.entity.js';
import { environmentCostProjection } from './environment-cost.projection.js';
import { daysOfMonth, japaneseDay } from './japanese-day.js';

const order = 'externalId';
const summedAtOnce = 1_000;

type Place = readonly [externalId: string, environmentId: string];

@ApiTags('Environments')
@Controller('environments/costs')
export class EnvironmentCostController {
  constructor(
    @InjectRepository(EnvironmentCost, 'provisioning') private readonly rows: Repository<EnvironmentCost>,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  @Get()
  @ReadsFrom(environmentCostProjection)
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Read what customers cost in a month',
    description:
      'By the day: each costs its share of the month under the terms and the service that held at its end in Japan. ' +
      'While suspended the storage alone costs. Prices are those of the catalogue as it is now.',
  })
  @ApiOkResponse({ type: CostPage })
  async costs(@Query() query: CostQuery): Promise<CostPage> {
    const today = japaneseDay(new Date());
    const { limit, cursor, contractId, month = today.slice(0, 7) } = query;
    const last = cursor === undefined ? undefined : decodeCursor(cursor, `${order} ${month}`);
    const found = await this.served(month, contractId, last && [last.value, last.id], limit + 1);
    const items = found.slice(0, limit).map((row) => this.costOf(row, month, today));
    const end = found.length > limit ? items.at(-1) : undefined;
    const next = end ? encodeCursor(`${order} ${month}`, end.externalId, end.environmentId) : null;
    const page = { month, currency: 'JPY', items, next } as const;
    return query.total ? { ...page, totalAmount: await this.sum(month, contractId, today) } : page;
  }

  private costOf(row: EnvironmentCost, month: string, today: string): CustomerCost {
    const { contractId, environmentId, externalId, region } = row;
    const lines = costOfMonth(row, month, today, this.catalogue);
    const amount = lines.reduce((sum, line) => sum + line.amount, 0);
    return { contractId, environmentId, externalId, region, amount, lines };
  }

  private async sum(month: string, contractId: string | undefined, today: string): Promise<number> {
    let sum = 0;
    let after: Place | undefined;
    for (;;) {
      const rows = await this.served(month, contractId, after, summedAtOnce);
      for (const row of rows) sum += this.costOf(row, month, today).amount;
      const last = rows.at(-1);
      if (!last || rows.length < summedAtOnce) return sum;
      after = [last.externalId, last.environmentId];
    }
  }

  /** Those that served on a day of the month, in the order of their customers' numbers. */
  private served(
    month: string,
    contractId: string | undefined,
    after: Place | undefined,
    limit: number,
  ): Promise<EnvironmentCost[]> {
    const days = daysOfMonth(month);
    const query = this.rows
      .createQueryBuilder('cost')
      .where('cost.startedOn <= :last and cost.endedOn > :first', days)
      .orderBy('cost.externalId')
      .addOrderBy('cost.environmentId')
      .limit(limit);
    if (contractId !== undefined) query.andWhere('cost.contractId = :contractId', { contractId });
    if (after) {
      const [externalId, environmentId] = after;
      query.andWhere('(cost.externalId, cost.environmentId) > (:externalId, :environmentId)', {
        externalId,
        environmentId,
      });
    }
    return query.getMany();
  }
}
