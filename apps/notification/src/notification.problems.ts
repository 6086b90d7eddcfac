import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { DeliveryRefusal } from './domain/delivery.js';

export const notificationProblems: ProblemTable<DeliveryRefusal> = {
  delivery_not_found: {
    status: 404,
    title: 'No such delivery',
    whatToDo: 'No delivery has this id. Take one from GET /api/deliveries.',
  },
  delivery_finished: { status: 409, title: 'Delivery finished' },
  delivery_not_due: { status: 409, title: 'Delivery not due yet' },
  attempt_in_progress: { status: 409, title: 'Attempt in progress' },
  attempt_lost: { status: 409, title: 'Attempt lost' },
};

export const notificationProblem = problemFactory(notificationProblems);
