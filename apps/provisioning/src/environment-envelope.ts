import type { Recorded } from '#libs/event-sourcing/src/event.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { type EventEnvelope, eventEnvelope } from '#libs/http/src/event-envelope.js';

/** Everybody who may read environments sees this; where the company's mail goes is the contract's business. */
export function environmentEnvelope(event: Recorded<EnvironmentEvent>): EventEnvelope {
  const envelope = eventEnvelope(event);
  if (!('company' in event.data)) return envelope;
  const { email: _email, ...company } = event.data.company;
  return { ...envelope, data: { ...event.data, company } };
}
