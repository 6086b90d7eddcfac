import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ContractEvent, ContractEvents } from '#libs/events/src/contract.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { ContractRow } from './contract-list.entity.js';

export const contractListProjection = projection<ContractRow, ContractEvents & ErasureEvents>({
  name: 'contract_list',
  version: 2,
  entity: ContractRow,
  on: {
    'contract.drafted': {
      keys: contractId,
      evolve: (_row, event) => {
        const { contractId: id, externalId, company, terms, contractDate } = event.data;
        const createdAt = new Date(event.metadata.occurredAt);
        return {
          id,
          status: 'draft',
          externalId,
          companyName: company.name,
          companyEmail: company.email,
          language: company.language,
          ...terms,
          contractDate,
          createdAt,
          signedAt: null,
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
    'contract.change_superseded': {
      keys: contractId,
      evolve: (row, event) => row && { ...row, ...touched(event) },
    },
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

function contractId(event: RecordedEvent<ContractEvent>): string[] {
  return [event.data.contractId];
}

function touched({ revision, metadata }: RecordedEvent): Pick<ContractRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
