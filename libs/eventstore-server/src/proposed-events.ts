import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import { AppendTooBig, missingMetadata, unforeseen } from './errors.js';
import type { ProposedEvent } from './stored-event.js';
import { decodeUuid } from './uuid-message.js';

/** Bytes of data in one append; EventStoreDB 23.10 counts neither metadata nor types. */
export const maxAppendBytes = 1_048_576;
const nilUuid = '00000000-0000-0000-0000-000000000000';

/** An event as a request brings it: nothing of it is checked yet. */
export interface ProposedMessage {
  /** @throws CallError when it has none */
  readonly id: () => string;
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

/** The events of one append as they come in, checked one by one in the order of the real server. */
export class ProposedEvents {
  readonly events: ProposedEvent[] = [];
  #bytes = 0;

  add({ id: readId, type, contentType, metadata, data }: ProposedMessage): void {
    if (!type) throw missingMetadata('type');
    if (contentType === undefined) throw missingMetadata('content-type');
    this.#bytes += data.length;
    if (this.#bytes > maxAppendBytes) throw new AppendTooBig(maxAppendBytes);
    const id = readId();
    if (id === nilUuid)
      throw unforeseen('An event id of zeros only is not allowed: give every event a UUID of its own.');
    this.events.push({ id, type, isJson: contentType === 'application/json', metadata, data });
  }
}

export function proposedMessage(message: AppendReq.ProposedMessage): ProposedMessage {
  const metadata = message.getMetadataMap();
  return {
    id: () => readUuid(message.getId()),
    type: metadata.get('type'),
    contentType: metadata.get('content-type'),
    metadata: message.getCustomMetadata_asU8(),
    data: message.getData_asU8(),
  };
}

function readUuid(uuid: UUID | undefined): string {
  return decodeUuid(uuid && Buffer.from(uuid.serializeBinary()));
}
