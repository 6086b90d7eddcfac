import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { unsoldTerms } from '#libs/catalogue/src/unsold-terms.js';
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
  const errors = unsoldTerms(catalogue, terms).map(({ term, detail }): FieldError => {
    return { in: 'body', pointer: pointers[term], detail };
  });
  if (errors.length > 0) throw httpProblem('validation_failed', undefined, { errors });
}
