import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';

class EnvelopeActor {
  @ApiProperty({ description: 'A user, a machine client, policy:<name> or process:<name>.' }) id: string;
  @ApiProperty() role: string;
  @ApiPropertyOptional({ description: 'Shown in audits only.' }) ip?: string;
}

class EnvelopeMetadata {
  @ApiProperty({ description: 'Number of the event in its own history, from 0.' }) revision: number;
  @ApiProperty({ description: 'Place in the whole log, a decimal number.' }) position: string;
  @ApiProperty() actor: EnvelopeActor;
  @ApiProperty() commandId: string;
  @ApiProperty() correlationId: string;
  @ApiPropertyOptional({ description: 'Id of the event that caused this one.' }) causationId?: string;
  @ApiProperty() schemaVersion: number;
}

/** An event as people and webhooks see it, in the words of the documents. */
export class EventEnvelope {
  @ApiProperty({ format: 'uuid' }) eventId: string;
  @ApiProperty({ example: 'contract.signed' }) eventType: string;
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty({ type: Object, description: 'What happened, as the event of this type tells it.' }) data: object;
  @ApiProperty() metadata: EnvelopeMetadata;
}

/** Whatever else the event's metadata holds stays inside. `showIp` is for those who audit. */
export function eventEnvelope(event: RecordedEvent, { showIp = false } = {}): EventEnvelope {
  const { actor, occurredAt, commandId, correlationId, causationId, schemaVersion } = event.metadata;
  return {
    eventId: event.id,
    eventType: event.type,
    timestamp: occurredAt,
    data: event.data,
    metadata: {
      revision: event.revision,
      position: event.position.toString(),
      actor: { id: actor.id, role: actor.role, ...(showIp && actor.ip !== undefined && { ip: actor.ip }) },
      commandId,
      correlationId,
      ...(causationId !== undefined && { causationId }),
      schemaVersion,
    },
  };
}
