import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';

export type RecordedEnvironmentEvent = Recorded<EnvironmentEvent>;

class Who {
  @ApiProperty({ description: 'A user, a machine client, policy:<name> or process:<name>.' }) id: string;
  @ApiProperty() role: string;
}

class EnvelopeMetadata {
  @ApiProperty({ description: 'Number of the event in the history of this environment, from 0.' }) revision: number;
  @ApiProperty({ description: 'Place in the whole log, a decimal number.' }) position: string;
  @ApiProperty() actor: Who;
  @ApiProperty() correlationId: string;
  @ApiPropertyOptional({ description: 'Id of the event that caused this one.' }) causationId?: string;
}

/** An event as people and webhooks see it. */
export class EventEnvelope {
  @ApiProperty({ format: 'uuid' }) eventId: string;
  @ApiProperty({ example: 'environment.step_started' }) eventType: string;
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty({ type: Object, description: 'What happened, as the event of this type tells it.' }) data: object;
  @ApiProperty() metadata: EnvelopeMetadata;
}

export function envelopeOf(event: RecordedEnvironmentEvent): EventEnvelope {
  const { actor, occurredAt, correlationId, causationId } = event.metadata;
  return {
    eventId: event.id,
    eventType: event.type,
    timestamp: occurredAt,
    data: shown(event),
    metadata: {
      revision: event.revision,
      position: event.position.toString(),
      actor: { id: actor.id, role: actor.role },
      correlationId,
      ...(causationId !== undefined && { causationId }),
    },
  };
}

/** Everybody who may read environments sees this; where the company's mail goes is the contract's business. */
function shown({ data }: RecordedEnvironmentEvent): object {
  if (!('company' in data)) return data;
  const { email: _email, ...company } = data.company;
  return { ...data, company };
}
