import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ErasureEvent, ErasureEvents } from '#libs/events/src/erasure.js';
import { ErasureRow } from './erasure-list.entity.js';

const keys = ({ data }: RecordedEvent<ErasureEvent>): string[] => [data.erasureId];

function change<Type extends keyof ErasureEvents>(
  changes: (row: ErasureRow, data: ErasureEvents[Type]) => Partial<ErasureRow>,
) {
  type Event = RecordedEvent<{ readonly type: Type; readonly data: ErasureEvents[Type] }>;
  return {
    keys: ({ data }: Event) => [data.erasureId],
    evolve: (row: ErasureRow | undefined, { data, revision }: Event): ErasureRow | undefined =>
      row && { ...row, ...changes(row, data), revision },
  };
}

export const erasureListProjection = projection<ErasureRow, ErasureEvents>({
  name: 'erasure_list',
  version: 1,
  entity: ErasureRow,
  on: {
    'erasure.requested': {
      keys,
      evolve: (_row, { data: { erasureId: id, requestedAt, ...request }, revision, metadata }) => ({
        id,
        ...request,
        status: 'requested',
        requestedAt: new Date(requestedAt),
        keyDestroyedAt: null,
        cleared: [],
        completedAt: null,
        correlationId: metadata.correlationId,
        revision,
      }),
    },
    'erasure.key_destroyed': change<'erasure.key_destroyed'>((_row, { destroyedAt }) => ({
      status: 'key_destroyed',
      keyDestroyedAt: new Date(destroyedAt),
    })),
    'erasure.key_forgotten': change<'erasure.key_forgotten'>(() => ({ status: 'clearing' })),
    'erasure.confirmed': change<'erasure.confirmed'>(({ cleared }, { context, clearedAt }) => ({
      cleared: [...cleared, { context, clearedAt }],
    })),
    'erasure.completed': change<'erasure.completed'>((_row, { completedAt }) => ({
      status: 'completed',
      completedAt: new Date(completedAt),
    })),
  },
});
