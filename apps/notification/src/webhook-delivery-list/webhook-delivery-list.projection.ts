import { projection } from '#libs/event-sourcing/src/projection.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';
import { marked, progressSteps, step } from '../delivery-list/delivery-progress.js';
import { WebhookDeliveryRow } from './webhook-delivery-list.entity.js';

export const webhookDeliveryListProjection = projection<WebhookDeliveryRow, DeliveryEvents>({
  name: 'webhook_delivery_list',
  version: 2,
  entity: WebhookDeliveryRow,
  on: {
    'delivery.webhook_requested': {
      keys: ({ data }) => [data.deliveryId],
      evolve: (_row, { data: { deliveryId, endpointId, content }, revision, metadata }) => ({
        deliveryId,
        endpointId,
        eventType: content.eventType,
        content,
        status: 'waiting',
        attempts: [],
        possiblySent: false,
        nextAttemptAt: new Date(metadata.occurredAt),
        requestedAt: new Date(metadata.occurredAt),
        finishedAt: null,
        abandonedBecause: null,
        revision,
      }),
    },
    ...progressSteps<WebhookDeliveryRow>(),
    'delivery.webhook_tried': step<WebhookDeliveryRow, 'delivery.webhook_tried'>(({ attempts }, data) => {
      const { attempt, status, durationMs, excerpt } = data;
      const answer = { durationMs, ...(status !== undefined && { status }), ...(excerpt !== undefined && { excerpt }) };
      return { attempts: marked(attempts, attempt, answer) };
    }),
    'delivery.replay_requested': step<WebhookDeliveryRow, 'delivery.replay_requested'>((_row, _data, at) => ({
      status: 'waiting',
      nextAttemptAt: new Date(at),
      finishedAt: null,
      abandonedBecause: null,
    })),
  },
});
