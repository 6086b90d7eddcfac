import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { DeliveryRefusal } from './domain/delivery.js';
import type { WebhookEndpointRefusal } from './domain/webhook-endpoint.js';

type NotificationProblem = DeliveryRefusal | WebhookEndpointRefusal | 'webhook_secret_retired';

export const notificationProblems: ProblemTable<NotificationProblem> = {
  delivery_not_found: {
    status: 404,
    title: 'No such delivery',
    whatToDo: 'No delivery has this id. Take one from GET /api/deliveries.',
  },
  delivery_finished: { status: 409, title: 'Delivery finished' },
  delivery_not_due: { status: 409, title: 'Delivery not due yet' },
  attempt_in_progress: { status: 409, title: 'Attempt in progress' },
  attempt_lost: { status: 409, title: 'Attempt lost' },
  webhook_delivery_not_found: {
    status: 404,
    title: 'No such webhook delivery',
    whatToDo: 'No webhook delivery has this id. Take one from GET /api/webhook-deliveries.',
  },
  webhook_endpoint_not_found: {
    status: 404,
    title: 'No such webhook endpoint',
    whatToDo: 'No webhook endpoint has this id. GET /api/webhook-endpoints lists them.',
  },
  webhook_endpoint_exists: { status: 409, title: 'Webhook endpoint exists' },
  webhook_endpoint_disabled: { status: 409, title: 'Webhook endpoint disabled' },
  endpoint_secret_not_found: { status: 404, title: 'No such secret' },
  last_endpoint_secret: { status: 409, title: 'Only secret' },
  webhook_secret_retired: {
    status: 409,
    title: 'Secret is retired',
    whatToDo: 'The secret that this request made was retired since. Make a new one with a new Idempotency-Key.',
  },
};

export const notificationProblem = problemFactory(notificationProblems);
