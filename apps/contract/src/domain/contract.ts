import type { ContractOrigin, ContractTerms, LifeCycleChange, RegisteredCustomer } from '#libs/events/src/contract.js';

/** What a contract says, wherever it came from. */
export type ContractContent = RegisteredCustomer;

/** A content and when it became so in the system it comes from (ISO instant in UTC). */
export interface ContractVersion {
  readonly content: ContractContent;
  readonly changedAt: string;
}

/** Who says so, and since when. */
export interface Reported {
  readonly origin: ContractOrigin;
  /** ISO instant in UTC. */
  readonly changedAt: string;
}

/** A content as one system reports it. */
export type ReportedContent = ContractContent & Reported;

/** A suspension, resumption, termination or cancellation as one system reports it. */
export interface ReportedStanding extends Reported {
  /** The customer's number in the system that reports. */
  readonly externalId: string;
  readonly change: LifeCycleChange;
  readonly reason?: string;
}

interface Written {
  readonly contractId: string;
  /** The content that holds. */
  readonly applied: ContractVersion;
  /** When the content with which it was drafted became so: an end that is older was not an end of this contract. */
  readonly draftedAs: string;
  /** The newest instant of which we know whether the contract holds, rests or ended; absent before any report. */
  readonly standingSince?: string;
  /** Why the newest reported change was refused; absent once one was not. */
  readonly refused?: string;
}

export type ContractState =
  /** `held`: a change that came before the registration. */
  | { readonly status: 'none'; readonly held?: ReportedStanding }
  | ({ readonly status: 'draft' } & Written)
  | ({ readonly status: 'signed' } & Written)
  | ({ readonly status: 'suspended' } & Written)
  | ({ readonly status: 'terminated' } & Written)
  | ({ readonly status: 'cancelled' } & Written);

export type WrittenContract = Exclude<ContractState, { status: 'none' }>;
export type ContractStatus = WrittenContract['status'];

export type ContractRefusal =
  | 'contract_not_found'
  | 'contract_exists'
  | 'contract_already_signed'
  | 'contract_changed_meanwhile'
  | 'storage_cannot_shrink'
  | 'region_cannot_move'
  | StandingRefusal;

export type StandingRefusal =
  'contract_not_signed' | 'contract_not_suspended' | 'contract_already_suspended' | 'contract_ended';

/** What of a contract becomes another; what is left out stays. */
export interface ContractChanges {
  readonly company?: Partial<ContractContent['company']>;
  readonly terms?: Partial<ContractTerms>;
}

export function changedContent(content: ContractContent, { company, terms }: ContractChanges): ContractContent {
  return { ...content, company: { ...content.company, ...company }, terms: { ...content.terms, ...terms } };
}

/** Whether two contents say the same. */
export function sameContent(a: ContractContent, b: ContractContent): boolean {
  return (
    a.externalId === b.externalId &&
    a.contractDate === b.contractDate &&
    a.company.name === b.company.name &&
    a.company.email === b.company.email &&
    a.company.language === b.company.language &&
    sameTerms(a.terms, b.terms)
  );
}

export function sameTerms(a: ContractTerms, b: ContractTerms): boolean {
  return a.plan === b.plan && a.region === b.region && a.storageQuota === b.storageQuota && a.userLimit === b.userLimit;
}

/** ISO instants in UTC sort as text. */
export function isBefore(a: string, b: string | undefined): boolean {
  return b !== undefined && a < b;
}
