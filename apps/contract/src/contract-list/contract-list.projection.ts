import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ContractEvent, ContractEvents, ContractTerms, Company } from '#libs/events/src/contract.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import type { ContractStatus } from '../domain/contract.js';
import { ContractRow } from './contract-list.entity.js';

export const contractListProjection = projection<ContractRow, ContractEvents & ErasureEvents>({
  name: 'contract_list',
  version: 3,
  entity: ContractRow,
  on: {
    'contract.drafted': {
      keys: contractId,
      evolve: (_row, event) => {
        const createdAt = new Date(event.metadata.occurredAt);
        return {
          id: event.data.contractId,
          status: 'draft',
          ...content(event.data),
          createdAt,
          signedAt: null,
          amendedAt: null,
          standingChangedAt: null,
          standingReason: null,
          ...nothingRefused,
          changeRecordedAt: null,
          ...touched(event),
        };
      },
    },
    'contract.signed': {
      keys: contractId,
      evolve: (row, event) =>
        row && { ...row, status: 'signed', signedAt: new Date(event.metadata.occurredAt), ...touched(event) },
    },
    'contract.amended': {
      keys: contractId,
      evolve: (row, event) =>
        row && {
          ...row,
          ...content(event.data),
          ...nothingRefused,
          amendedAt: new Date(event.metadata.occurredAt),
          changeRecordedAt: null,
          ...touched(event),
        },
    },
    'contract.amendment_refused': {
      keys: contractId,
      evolve: (row, event) =>
        row && {
          ...row,
          changeRefusedAt: new Date(event.metadata.occurredAt),
          changeRefusedReason: event.data.reason,
          ...touched(event),
        },
    },
    'contract.suspended': { keys: contractId, evolve: (row, event) => row && stands(row, 'suspended', event) },
    'contract.resumed': { keys: contractId, evolve: (row, event) => row && stands(row, 'signed', event) },
    'contract.terminated': { keys: contractId, evolve: (row, event) => row && stands(row, 'terminated', event) },
    'contract.cancelled': { keys: contractId, evolve: (row, event) => row && stands(row, 'cancelled', event) },
    'contract.change_superseded': { keys: contractId, evolve: seen },
    'contract.report_confirmed': { keys: contractId, evolve: seen },
    'contract.change_held': { keys: contractId, evolve: seen },
    'contract.change_recorded': {
      keys: contractId,
      evolve: (row, event) =>
        row && { ...row, changeRecordedAt: new Date(event.metadata.occurredAt), ...touched(event) },
    },
    ...whenErased<ContractRow>('contract', (id) => ({
      where: { id },
      set: { companyName: erased, companyEmail: erased },
    })),
  },
});

const nothingRefused = { changeRefusedAt: null, changeRefusedReason: null };

interface Content {
  readonly externalId: string;
  readonly company: Company;
  readonly terms: ContractTerms;
  readonly contractDate: string;
}

function content({ externalId, company, terms, contractDate }: Content) {
  const { plan, region, storageQuota, userLimit } = terms;
  return {
    externalId,
    companyName: company.name,
    companyEmail: company.email,
    language: company.language,
    plan,
    region,
    storageQuota,
    userLimit,
    contractDate,
  };
}

function stands(
  row: ContractRow,
  status: ContractStatus,
  event: RecordedEvent<{ readonly type: string; readonly data: { readonly reason?: string } }>,
): ContractRow {
  return {
    ...row,
    status,
    ...nothingRefused,
    standingChangedAt: new Date(event.metadata.occurredAt),
    standingReason: event.data.reason ?? null,
    ...touched(event),
  };
}

/** What changes nothing that is listed. What came before the registration has no row yet. */
function seen(row: ContractRow | undefined, event: RecordedEvent): ContractRow | undefined {
  return row && { ...row, ...touched(event) };
}

function contractId(event: RecordedEvent<ContractEvent>): string[] {
  return [event.data.contractId];
}

function touched({ revision, metadata }: RecordedEvent): Pick<ContractRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
