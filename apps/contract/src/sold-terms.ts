import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { storageBytes } from '#libs/catalogue/src/storage.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import type { FieldError } from '#libs/http/src/validation.js';

/** JSON pointers of the terms in the request's body. */
export type TermPointers = Readonly<Record<keyof ContractTerms, string>>;

/**
 * Checks well-formed terms against what is sold.
 * @throws ProblemError `validation_failed` with one entry for each term that is not sold
 */
export function demandSold(catalogue: Catalogue, terms: ContractTerms, pointers: TermPointers): void {
  const errors: FieldError[] = [];
  const wrong = (term: keyof ContractTerms, detail: string): void => {
    errors.push({ in: 'body', pointer: pointers[term], detail });
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
  if (errors.length > 0) throw httpProblem('validation_failed', undefined, { errors });
}
