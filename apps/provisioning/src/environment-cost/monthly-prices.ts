import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { monthlyPrice, type PricedService } from '#libs/catalogue/src/price.js';
import type { PriceOfMonth } from './environment-cost.dto.js';
import { openEnd } from './environment-cost.entity.js';

interface Alike {
  readonly plan: string;
  readonly region: string;
  readonly service: PricedService;
  readonly storageQuota: string;
  readonly userLimit: number;
  readonly environments: number;
}

/** What a month of everything that serves now costs. */
@Injectable()
export class MonthlyPrices {
  constructor(
    @InjectDataSource('provisioning') private readonly database: DataSource,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  async now(): Promise<PriceOfMonth[]> {
    const rows = await this.database.query<Alike[]>(
      `select plan, region, service, storage_quota as "storageQuota", user_limit as "userLimit",
         count(*)::int as environments
       from environment_costs where ended_on = $1
       group by plan, region, service, storage_quota, user_limit order by plan, region, service`,
      [openEnd],
    );
    const prices = new Map<string, PriceOfMonth>();
    for (const { plan, region, service, environments, ...terms } of rows) {
      const key = JSON.stringify([plan, region, service]);
      const sum = prices.get(key) ?? { plan, region, service, environments: 0, amount: 0 };
      const each = monthlyPrice(this.catalogue, { plan, ...terms }, service)?.amount ?? 0;
      prices.set(key, {
        ...sum,
        environments: sum.environments + environments,
        amount: sum.amount + each * environments,
      });
    }
    return [...prices.values()];
  }
}
