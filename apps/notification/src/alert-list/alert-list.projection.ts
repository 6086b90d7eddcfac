import { projection } from '#libs/event-sourcing/src/projection.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';
import { progressSteps } from '../delivery-list/delivery-progress.js';
import { OperatorAlertRow } from './alert-list.entity.js';

export const operatorAlertListProjection = projection<OperatorAlertRow, DeliveryEvents>({
  name: 'operator_alert_list',
  version: 1,
  entity: OperatorAlertRow,
  on: {
    'delivery.alert_requested': {
      keys: ({ data }) => [data.deliveryId],
      evolve: (_row, { data: { deliveryId, channel, content }, revision, metadata }) => ({
        deliveryId,
        channel,
        cause: content.cause,
        environmentId: content.environment?.environmentId ?? null,
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
    ...progressSteps<OperatorAlertRow>(),
  },
});
