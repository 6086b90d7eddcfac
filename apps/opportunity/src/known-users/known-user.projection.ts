import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { UserEvents } from '#libs/events/src/identity.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { KnownUser } from './known-user.entity.js';

const keys = ({ data }: { readonly data: { readonly userId: string } }): string[] => [data.userId];

export const knownUserProjection = projection<KnownUser, UserEvents & ErasureEvents>({
  name: 'opportunity_user',
  version: 2,
  entity: KnownUser,
  on: {
    'user.created': {
      keys,
      evolve: (_row, { data: { userId, name, role } }) => ({ id: userId, name, role, active: true, reassignTo: null }),
    },
    'user.updated': { keys, evolve: (row, { data: { name, role } }) => row && { ...row, name, role } },
    'user.deleted': {
      keys,
      evolve: (row, { data }) => row && { ...row, active: false, reassignTo: data.reassignTo ?? null },
    },
    ...whenErased<KnownUser>('user', (id) => ({ where: { id }, set: { name: erased } })),
  },
});
