import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import { AppendTooBig, missingMetadata, unforeseen } from './errors.js';
import type { ProposedEvent } from './stored-event.js';
import { parseUuid, uuidFromHalves } from './uuid.js';

/** Bytes of data in one append; EventStoreDB 23.10 counts neither metadata nor types. */
export const maxAppendBytes = 1_048_576;
const nilUuid = '00000000-0000-0000-0000-000000000000';

/** The events of one append as they come in, checked one by one in the order of the real server. */
export class ProposedEvents {
  readonly events: ProposedEvent[] = [];
  #bytes = 0;

  add(message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): void {
    const metadata = message.getMetadataMap();
    const type = metadata.get('type');
    if (!type) throw missingMetadata('type');
    const contentType = metadata.get('content-type');
    if (contentType === undefined) throw missingMetadata('content-type');
    const data = message.getData_asU8();
    this.#bytes += data.length;
    if (this.#bytes > maxAppendBytes) throw new AppendTooBig(maxAppendBytes);
    const id = readUuid(message.getId());
    if (id === nilUuid)
      throw unforeseen('An event id of zeros only is not allowed: give every event a UUID of its own.');
    this.events.push({
      id,
      type,
      isJson: contentType === 'application/json',
      metadata: message.getCustomMetadata_asU8(),
      data,
    });
  }
}

export function readUuid(uuid: UUID | undefined): string {
  const { ValueCase } = shared.UUID;
  switch (uuid?.getValueCase()) {
    case ValueCase.STRUCTURED: {
      const halves = uuid.getStructured()!;
      return uuidFromHalves(halves.getMostSignificantBits(), halves.getLeastSignificantBits());
    }
    case ValueCase.STRING: {
      const parsed = parseUuid(uuid.getString());
      if (parsed === undefined) throw unforeseen(`'${uuid.getString()}' is not a UUID.`);
      return parsed;
    }
    default:
      throw unforeseen('A UUID is missing: give it as text or in its structured form.');
  }
}
