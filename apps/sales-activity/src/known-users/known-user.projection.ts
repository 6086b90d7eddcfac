import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { UserEvents } from '#libs/events/src/identity.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { KnownUser } from './known-user.entity.js';

const keys = ({ data }: { readonly data: { readonly userId: string } }): string[] => [data.userId];

export const knownUserProjection = projection<KnownUser, UserEvents & ErasureEvents>({
  name: 'sales_user',
  version: 1,
  entity: KnownUser,
  on: {
    'user.created': {
      keys,
      evolve: (_row, { data: { userId, name }, stream, revision }) => ({
        id: userId,
        name,
        active: true,
        reassignTo: null,
        stream,
        revision,
      }),
    },
    'user.updated': { keys, evolve: (row, { data: { name } }) => row && { ...row, name } },
    'user.deleted': {
      keys,
      evolve: (row, { data, stream, revision }) =>
        row && { ...row, active: false, reassignTo: data.reassignTo ?? null, stream, revision },
    },
    ...whenErased<KnownUser>('user', (id) => ({ where: { id }, set: { name: erased } })),
  },
});
