import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ContractEvents } from '#libs/events/src/contract.js';
import { HeldChangeRow } from './held-change-list.entity.js';

export const heldChangeListProjection = projection<HeldChangeRow, ContractEvents>({
  name: 'held_change_list',
  version: 1,
  entity: HeldChangeRow,
  on: {
    'contract.change_held': {
      keys: ({ data }) => [data.contractId],
      evolve: (_row, { data: { contractId, externalId, change, reason, changedAt }, metadata }) => ({
        contractId,
        externalId,
        change,
        reason: reason ?? null,
        changedAt: new Date(changedAt),
        heldAt: new Date(metadata.occurredAt),
      }),
    },
    'contract.drafted': { keys: ({ data }) => [data.contractId], evolve: () => undefined },
  },
});
