import type { ContractTerms } from '#libs/events/src/contract.js';
import type { Catalogue, PriceOfPlan } from './catalogue.js';
import { storageBytes } from './storage.js';

/** Suspended, nothing runs and the volume stays. */
export type PricedService = 'running' | 'suspended';

export interface MonthlyPrice {
  readonly currency: PriceOfPlan['currency'];
  /** Whole yen, half a yen rounded up. */
  readonly amount: number;
}

/**
 * What a whole month under these terms costs. Running: the environment, its storage and its users. Suspended: the
 * storage alone. Undefined where the plan is not in the catalogue (any more).
 */
export function monthlyPrice(
  catalogue: Catalogue,
  terms: Pick<ContractTerms, 'plan' | 'storageQuota' | 'userLimit'>,
  service: PricedService = 'running',
): MonthlyPrice | undefined {
  const price = catalogue.plans[terms.plan]?.price;
  if (!price) return undefined;
  const storage = ((storageBytes(terms.storageQuota) ?? 0) / 1e9) * price.gigabyteMonth;
  const use = service === 'running' ? price.month + terms.userLimit * price.userMonth : 0;
  return { currency: price.currency, amount: Math.round(use + storage) };
}
