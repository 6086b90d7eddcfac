import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { unsoldTerms } from '#libs/catalogue/src/unsold-terms.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import type { FieldError } from '#libs/http/src/validation.js';
import { provisioningProblem } from './provisioning.problems.js';

/**
 * Refuses changes that no contract with these terms could have. Answers the terms with them.
 * @throws ProblemError `not_in_catalogue`, `validation_failed`
 */
export function insistOnSold(catalogue: Catalogue, now: ContractTerms, changes: Partial<ContractTerms>): ContractTerms {
  const { plans, regions } = catalogue;
  const { plan, region } = changes;
  if (plan !== undefined && !plans[plan]) throw notSold('plan', plan, Object.keys(plans));
  if (region !== undefined && !regions[region]) throw notSold('region', region, Object.keys(regions));
  const terms = { ...now, ...changes };
  const errors = unsoldTerms(catalogue, terms)
    // Another plan has other limits; apart from that, what is not changed stays as it was sold once.
    .filter(({ term }) => term in changes || (plan !== undefined && term !== 'region'))
    .map(({ term, detail }): FieldError => ({ in: 'body', pointer: `/${term}`, detail }));
  if (errors.length > 0) throw httpProblem('validation_failed', undefined, { errors });
  return terms;
}

/** Without what was left out. */
export function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}

export function notSold(what: string, name: string, sold: readonly string[]) {
  return provisioningProblem('not_in_catalogue', `There is no ${what} "${name}". Name one of ${sold.join(', ')}.`);
}
