import type { PersonalFields, PersonalMarking } from '#libs/events/src/event-table.js';
import { NewerSchemaVersion, UnreadableEvent } from './errors.js';
import type { DomainEvent, RecordedEvent } from './event.js';

/** Lifts the data of one schema version to the next one. */
export type Upcast = (data: object) => object;

/** By event type, by the version that is lifted: `{ 'contract.signed': { 1: addRegion } }`. */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcast>>>>;

/** Which schema version of each event type is current, and how older ones are read. */
export class EventSchemas {
  constructor(
    private readonly definitions: Readonly<Record<string, { readonly version: number } & PersonalMarking>>,
    private readonly upcasters: Upcasters = {},
  ) {}

  currentVersion(type: string): number {
    const definition = this.definitions[type];
    if (!definition) throw new Error(`${type} is not in the catalogue of events. Add it to libs/events.`);
    return definition.version;
  }

  /** What is sealed in events of a type; undefined where nothing is. */
  personalFields(type: string): PersonalFields | undefined {
    const definition = this.definitions[type];
    return definition?.personal ? definition : undefined;
  }

  /** Answers the event in its current version. Throws UnreadableEvent for an unknown one, NewerSchemaVersion for a newer one. */
  current<Event extends DomainEvent>(event: RecordedEvent): RecordedEvent<Event> {
    const version = this.definitions[event.type]?.version;
    const unreadable = (reason: string): UnreadableEvent =>
      new UnreadableEvent(event.stream, event.revision, event.type, reason);
    if (version === undefined) throw unreadable('this version of the program does not know its type');
    const stored = event.metadata.schemaVersion;
    if (!Number.isInteger(stored)) throw unreadable('its metadata names no schema version');
    if (stored === version) return event as RecordedEvent<Event>;
    if (stored > version) {
      const reason = `it has schema version ${stored}; this program knows up to ${version}. Deploy a newer one`;
      throw new NewerSchemaVersion(event.stream, event.revision, event.type, reason);
    }
    let data: object = event.data;
    for (let from = stored; from < version; from++) {
      const upcast = this.upcasters[event.type]?.[from];
      if (!upcast) throw unreadable(`no upcaster leads from version ${from} to ${from + 1}`);
      data = upcast(data);
    }
    return { ...event, data, metadata: { ...event.metadata, schemaVersion: version } };
  }
}
