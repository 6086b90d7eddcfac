import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { SessionEvents, UserEvent, UserEvents } from '#libs/events/src/identity.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { UserRow } from './user-list.entity.js';

const keys = ({ data }: RecordedEvent<UserEvent>): string[] => [data.userId];
const touches = {
  keys,
  evolve: (row: UserRow | undefined, event: RecordedEvent) => row && { ...row, ...touched(event) },
};

export const userListProjection = projection<UserRow, UserEvents & Pick<SessionEvents, 'user.login'> & ErasureEvents>({
  name: 'user_list',
  version: 1,
  entity: UserRow,
  on: {
    'user.created': {
      keys,
      evolve: (_row, event) => {
        const { userId: id, email, name, role } = event.data;
        const createdAt = new Date(event.metadata.occurredAt);
        const nothingYet = { secondFactor: false, deletedAt: null, lastSignInAt: null };
        return { id, status: 'active', email, name, role, ...nothingYet, createdAt, ...touched(event) };
      },
    },
    'user.updated': {
      keys,
      evolve: (row, event) => {
        const { email, name, role } = event.data;
        return row && { ...row, email, name, role, ...touched(event) };
      },
    },
    'user.deleted': {
      keys,
      evolve: (row, event) =>
        row && { ...row, status: 'deleted', deletedAt: new Date(event.metadata.occurredAt), ...touched(event) },
    },
    'user.password_changed': touches,
    'user.password_reset_requested': touches,
    'user.recovery_code_used': touches,
    'user.second_factor_enabled': {
      keys,
      evolve: (row, event) => row && { ...row, secondFactor: true, ...touched(event) },
    },
    'user.second_factor_disabled': {
      keys,
      evolve: (row, event) => row && { ...row, secondFactor: false, ...touched(event) },
    },
    'user.login': {
      keys: ({ data }) => [data.userId],
      // It stands in the stream of the session: the revision of the user stays.
      evolve: (row, { metadata }) => row && { ...row, lastSignInAt: new Date(metadata.occurredAt) },
    },
    ...whenErased<UserRow>('user', (id) => ({ where: { id }, set: { email: erased, name: erased } })),
  },
});

function touched({ revision, metadata }: RecordedEvent): Pick<UserRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
