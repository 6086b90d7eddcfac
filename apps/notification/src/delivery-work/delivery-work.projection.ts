import type { EventMetadata } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';
import { DeliveryWork } from './delivery-work.entity.js';

const byDelivery = {
  keys: (event: { readonly data: { readonly deliveryId: string } }) => [event.data.deliveryId],
};
const finished = { ...byDelivery, evolve: () => undefined };

/** What the reconciler goes by: every delivery that somebody still has to work on, and from when. */
export const deliveryWorkProjection = projection<
  DeliveryWork,
  Pick<
    DeliveryEvents,
    | 'delivery.requested'
    | 'delivery.webhook_requested'
    | 'delivery.alert_requested'
    | 'delivery.replay_requested'
    | 'delivery.attempt_started'
    | 'delivery.sending'
    | 'delivery.failed'
    | 'delivery.sent'
    | 'delivery.abandoned'
  >
>({
  name: 'delivery_work',
  version: 3,
  entity: DeliveryWork,
  on: {
    'delivery.requested': { ...byDelivery, evolve: (_row, { data, metadata }) => begun(data, metadata) },
    'delivery.webhook_requested': { ...byDelivery, evolve: (_row, { data, metadata }) => begun(data, metadata) },
    'delivery.alert_requested': { ...byDelivery, evolve: (_row, { data, metadata }) => begun(data, metadata) },
    'delivery.replay_requested': {
      ...byDelivery,
      evolve: (_row, { data, metadata }) => begun({ ...data, channel: 'webhook' }, metadata),
    },
    'delivery.attempt_started': { ...byDelivery, evolve: (row, { data }) => due(row, data.leaseUntil) },
    'delivery.sending': { ...byDelivery, evolve: (row, { data }) => due(row, data.leaseUntil) },
    'delivery.failed': { ...byDelivery, evolve: (row, { data }) => due(row, data.retryAt) },
    'delivery.sent': finished,
    'delivery.abandoned': finished,
  },
});

function begun(
  { deliveryId, channel }: Pick<DeliveryWork, 'deliveryId' | 'channel'>,
  { occurredAt, correlationId }: EventMetadata,
): DeliveryWork {
  const now = new Date(occurredAt);
  return { deliveryId, channel, requestedAt: now, dueAt: now, correlationId };
}

function due(row: DeliveryWork | undefined, instant: string): DeliveryWork | undefined {
  return row && { ...row, dueAt: new Date(instant) };
}
