import { clusterEvents } from './cluster.js';
import { contractEvents, webhookEvents, webhookSourceEvents } from './contract.js';
import { customerEvents } from './customer.js';
import { clearanceEvents, erasureEvents } from './erasure.js';
import type { EventDefinition } from './event-table.js';
import { failureRateEvents } from './failure-rate.js';
import {
  administratorsEvents,
  apiKeyEvents,
  refusedAccessEvents,
  sessionEvents,
  signInEvents,
  userEvents,
} from './identity.js';
import { deliveryEvents, webhookEndpointEvents } from './notification.js';
import { approvalEvents, dealEvents, delegationEvents } from './opportunity.js';
import { parkedEventEvents } from './parked-event.js';
import { environmentEvents } from './provisioning.js';
import { reservationEvents } from './reservation.js';
import { meetingEvents, taskEvents } from './sales-activity.js';

/** Every event type of the system, by published name. */
export const eventCatalogue: Readonly<Record<string, EventDefinition>> = {
  ...contractEvents,
  ...webhookSourceEvents,
  ...webhookEvents,
  ...customerEvents,
  ...environmentEvents,
  ...failureRateEvents,
  ...clusterEvents,
  ...deliveryEvents,
  ...webhookEndpointEvents,
  ...reservationEvents,
  ...parkedEventEvents,
  ...userEvents,
  ...administratorsEvents,
  ...erasureEvents,
  ...clearanceEvents,
  ...sessionEvents,
  ...signInEvents,
  ...refusedAccessEvents,
  ...apiKeyEvents,
  ...approvalEvents,
  ...dealEvents,
  ...delegationEvents,
  ...meetingEvents,
  ...taskEvents,
};
