import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { DeliveryRow } from './delivery-list.entity.js';
import { marked, progressSteps, step } from './delivery-progress.js';

export const deliveryListProjection = projection<DeliveryRow, DeliveryEvents & ErasureEvents>({
  name: 'delivery_list',
  version: 3,
  entity: DeliveryRow,
  on: {
    'delivery.requested': {
      keys: ({ data }) => [data.deliveryId],
      evolve: (_row, { data, revision, metadata }) => ({
        deliveryId: data.deliveryId,
        contractId: data.contractId,
        environmentId: data.content.environmentId,
        template: data.content.template,
        status: 'waiting',
        recipientName: data.recipient.name,
        recipientEmail: data.recipient.email,
        language: data.recipient.language,
        attempts: [],
        possiblySent: false,
        messageId: null,
        nextAttemptAt: new Date(metadata.occurredAt),
        requestedAt: new Date(metadata.occurredAt),
        finishedAt: null,
        abandonedBecause: null,
        revision,
      }),
    },
    ...progressSteps<DeliveryRow>(),
    'delivery.sending': step<DeliveryRow, 'delivery.sending'>(({ attempts }, { attempt, messageId }) => ({
      status: 'sending',
      attempts: marked(attempts, attempt, { outcome: 'sending' }),
      messageId,
    })),
    ...whenErased<DeliveryRow>('contract', (contractId) => ({
      where: { contractId },
      set: { recipientName: erased, recipientEmail: erased },
    })),
  },
});
