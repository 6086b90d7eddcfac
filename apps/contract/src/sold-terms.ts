import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { unsoldTerms } from '#libs/catalogue/src/unsold-terms.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import type { FieldError } from '#libs/http/src/validation.js';
import { contractProblem } from './contract.problems.js';

/** JSON pointers of the terms in the request's body. */
export type TermPointers = Readonly<Record<keyof ContractTerms, string>>;

/** Where the terms stand in requests of people. */
export const termPointers: TermPointers = {
  plan: '/terms/plan',
  region: '/terms/region',
  storageQuota: '/terms/storageQuota',
  userLimit: '/terms/userLimit',
};

/**
 * Checks that a plan has room for the storage that a contract keeps.
 * @throws ProblemError `storage_cannot_shrink`
 */
export function demandRoomForStorage(catalogue: Catalogue, terms: ContractTerms): void {
  const [short] = unsoldTerms(catalogue, terms).filter(({ term }) => term === 'storageQuota');
  if (!short) return;
  throw contractProblem(
    'storage_cannot_shrink',
    `${short.detail} This contract has ${terms.storageQuota}, and storage can't shrink in place. Choose a plan with ` +
      'more; or sign a new contract with less, let the customer bring their files over, then terminate this one.',
  );
}

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
