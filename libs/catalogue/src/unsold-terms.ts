import type { ContractTerms } from '#libs/events/src/contract.js';
import type { Catalogue } from './catalogue.js';
import { storageBytes } from './storage.js';

export interface UnsoldTerm {
  readonly term: keyof ContractTerms;
  /** Says what is sold instead. */
  readonly detail: string;
}

/** What of well-formed terms is not sold: unknown names, and what is beyond the limits of the plan. */
export function unsoldTerms(catalogue: Catalogue, terms: ContractTerms): readonly UnsoldTerm[] {
  const unsold: UnsoldTerm[] = [];
  const wrong = (term: keyof ContractTerms, detail: string): void => {
    unsold.push({ term, detail });
  };
  const plan = catalogue.plans[terms.plan];
  if (!plan) wrong('plan', `Unknown plan. Plans: ${Object.keys(catalogue.plans).join(', ')}.`);
  if (!catalogue.regions[terms.region]) {
    wrong('region', `Unknown region. Regions: ${Object.keys(catalogue.regions).join(', ')}.`);
  }
  if (plan && (storageBytes(terms.storageQuota) ?? 0) > (storageBytes(plan.storage.max) ?? 0)) {
    wrong('storageQuota', `The plan ${terms.plan} has at most ${plan.storage.max}.`);
  }
  if (plan && terms.userLimit > plan.users.max) {
    wrong('userLimit', `The plan ${terms.plan} has at most ${plan.users.max} users.`);
  }
  return unsold;
}
