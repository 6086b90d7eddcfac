import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { CustomerEvents } from '#libs/events/src/customer.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { UserEvents } from '#libs/events/src/identity.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { CustomerUserRow } from './customer-users.entity.js';

export const customerUsersProjection = projection<
  CustomerUserRow,
  UserEvents & Pick<CustomerEvents, 'customer.assigned'> & ErasureEvents
>({
  name: 'customer_users',
  version: 2,
  entity: CustomerUserRow,
  on: {
    'user.created': {
      keys: userId,
      evolve: (_row, { data }) => ({
        id: data.userId,
        name: data.name,
        role: data.role,
        active: true,
        reassignTo: null,
      }),
    },
    'user.updated': { keys: userId, evolve: (row, { data }) => row && { ...row, name: data.name, role: data.role } },
    'user.deleted': {
      keys: userId,
      evolve: (row, { data }) => row && { ...row, active: false, reassignTo: data.reassignTo ?? null },
    },
    // Nothing follows from it: whoever looks at who was assigned waits until this has passed it, which it does sooner so.
    'customer.assigned': { keys: () => [], evolve: (row) => row },
    ...whenErased<CustomerUserRow>('user', (id) => ({ where: { id }, set: { name: erased } })),
  },
});

function userId({ data }: RecordedEvent<{ readonly type: string; readonly data: { readonly userId: string } }>) {
  return [data.userId];
}
