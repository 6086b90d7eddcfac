import { projection } from '#libs/event-sourcing/src/projection.js';
import type { DelegationEvents } from '#libs/events/src/opportunity.js';
import { DelegationRow } from './delegation.entity.js';

const keys = ({ data }: { readonly data: { readonly delegationId: string } }): string[] => [data.delegationId];

export const delegationListProjection = projection<DelegationRow, DelegationEvents>({
  name: 'delegation_list',
  version: 1,
  entity: DelegationRow,
  on: {
    'delegation.granted': {
      keys,
      evolve: (_row, { data: { delegationId: id, delegatorId, delegateId, from, until }, metadata }) => ({
        id,
        delegatorId,
        delegateId,
        from: new Date(from),
        until: new Date(until),
        revoked: false,
        grantedBy: metadata.actor.id,
      }),
    },
    'delegation.revoked': { keys, evolve: (row) => row && { ...row, revoked: true } },
  },
});
