import type { ContractOrigin, RegisteredCustomer } from '#libs/events/src/contract.js';

/** What a contract says, wherever it came from. */
export type ContractContent = RegisteredCustomer;

/** A content and when it became so in the system it comes from (ISO instant in UTC). */
export interface ContractVersion {
  readonly content: ContractContent;
  readonly changedAt: string;
}

interface Written {
  readonly contractId: string;
  /** The content that holds. */
  readonly applied: ContractVersion;
  /** The newest content that is on record, applied or not. */
  readonly newest: ContractVersion;
}

export type ContractState =
  { readonly status: 'none' } | ({ readonly status: 'draft' } & Written) | ({ readonly status: 'signed' } & Written);

/** A content as one system reports it. */
export interface ReportedChange extends ContractContent {
  readonly origin: ContractOrigin;
  readonly changedAt: string;
}

export type ContractRefusal = 'contract_not_found' | 'contract_exists' | 'contract_already_signed';

/** Whether two contents say the same. */
export function sameContent(a: ContractContent, b: ContractContent): boolean {
  return (
    a.externalId === b.externalId &&
    a.contractDate === b.contractDate &&
    a.company.name === b.company.name &&
    a.company.email === b.company.email &&
    a.company.language === b.company.language &&
    a.terms.plan === b.terms.plan &&
    a.terms.region === b.terms.region &&
    a.terms.storageQuota === b.terms.storageQuota &&
    a.terms.userLimit === b.terms.userLimit
  );
}
