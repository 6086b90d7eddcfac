import type { AllStreamRecordedEvent, RecordedEvent as StoredEvent } from '@eventstore/db-client';
import type { EventMetadata, RecordedEvent } from './event.js';

/** A place in the log; `event` is absent where something stands that is not ours. Its personal values are sealed. */
export interface LogEntry {
  readonly position: bigint;
  readonly event?: RecordedEvent;
}

/** An event that another system appended to a stream of its own. `json` is absent where it holds none. */
export interface StreamEntry {
  readonly revision: bigint;
  readonly json?: unknown;
}

export function toStreamEntry({ revision, isJson, data }: StoredEvent): StreamEntry {
  return { revision, ...(isJson && { json: data }) };
}

export function toEntry(event: AllStreamRecordedEvent): LogEntry {
  const position = event.position.commit;
  const ours = event.isJson && !event.type.startsWith('$');
  return ours ? { position, event: toRecorded(event) } : { position };
}

export function toRecorded(event: StoredEvent): RecordedEvent {
  return {
    id: event.id,
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position?.commit ?? -1n,
    type: event.type,
    data: event.data as object,
    metadata: (event.metadata ?? {}) as unknown as EventMetadata,
  };
}
