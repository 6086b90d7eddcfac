import type { Repository } from 'typeorm';
import { type DealStage, dealStages } from '#libs/events/src/opportunity.js';
import { isOpen } from '../domain/deal.decider.js';
import type { DealForecast, ForecastQuery } from './deal-list.dto.js';
import type { DealRow } from './deal.entity.js';

interface StageSums {
  readonly stage: DealStage;
  readonly deals: string;
  /** Decimal numbers: sums of a bigint are numeric. */
  readonly amount: string;
  /** In hundredths of a yen. */
  readonly weighted: string;
}

/** What the deals that are not lost are worth, each with its probability. */
export async function forecast(
  rows: Repository<DealRow>,
  { ownerId, customerId, closeFrom, closeTo }: ForecastQuery,
): Promise<DealForecast> {
  const query = rows
    .createQueryBuilder('deal')
    .select('deal.stage', 'stage')
    .addSelect('count(*)', 'deals')
    .addSelect('sum(deal.amount)', 'amount')
    .addSelect('sum(deal.amount * deal.probability)', 'weighted')
    .where('not deal.deleted')
    .groupBy('deal.stage');
  if (ownerId !== undefined) query.andWhere('deal.ownerId = :ownerId', { ownerId });
  if (customerId !== undefined) query.andWhere('deal.customerId = :customerId', { customerId });
  if (closeFrom !== undefined) query.andWhere('deal.expectedCloseDate >= :closeFrom', { closeFrom });
  if (closeTo !== undefined) query.andWhere('deal.expectedCloseDate <= :closeTo', { closeTo });
  return summedUp(await query.getRawMany<StageSums>());
}

export function summedUp(found: readonly StageSums[]): DealForecast {
  const sums = dealStages
    .filter((stage) => stage !== 'LOST')
    .map((stage) => {
      const sum = found.find((each) => each.stage === stage);
      return {
        stage,
        deals: Number(sum?.deals ?? 0),
        amount: BigInt(sum?.amount ?? 0),
        weighted: BigInt(sum?.weighted ?? 0),
      };
    });
  return {
    stages: sums.map(({ stage, ...sum }) => ({ stage, ...rounded([sum]) })),
    open: rounded(sums.filter(({ stage }) => isOpen(stage))),
    total: rounded(sums),
  };
}

/** Rounded once, after the sum, so that the total is that of the deals and not of rounded stages. */
function rounded(sums: readonly { readonly deals: number; readonly amount: bigint; readonly weighted: bigint }[]) {
  const amount = sums.reduce((total, sum) => total + sum.amount, 0n);
  const weighted = sums.reduce((total, sum) => total + sum.weighted, 0n);
  const deals = sums.reduce((total, sum) => total + sum.deals, 0);
  return { deals, amount: Number(amount), weightedAmount: Number(weighted / 100n) };
}
