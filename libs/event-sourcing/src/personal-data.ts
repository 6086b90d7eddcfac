import { erased, isErased } from '#libs/events/src/erased.js';
import type { PersonalFields } from '#libs/events/src/event-table.js';
import { actorSubject } from '#libs/events/src/subject.js';
import { type KeysBySubject, SubjectKeyCache } from '#libs/personal-data/src/subject-key-cache.js';
import type { SubjectKey, SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { openText, sealText } from '#libs/secrets/src/sealed-text.js';
import { SubjectErased, UnreadableEvent } from './errors.js';
import type { DomainEvent, EventMetadata, RecordedEvent, SealedValues } from './event.js';
import { fieldOf, withFields, withoutFields } from './fields.js';

/** An event with its metadata, before it has an id. */
export type UnstoredEvent = DomainEvent & { readonly metadata: EventMetadata };

export interface OpenOptions {
  /** With the actors' addresses as well, which only histories show. */
  readonly addresses?: boolean;
}

/** Seals personal values between the decision and the log, and opens them between the log and whoever reads. */
export class PersonalData {
  private readonly keys: SubjectKeyCache | undefined;

  /** Without keys nothing personal can be written, and what is sealed stays so. */
  constructor(keys?: SubjectKeys | SubjectKeyCache) {
    this.keys = keys instanceof SubjectKeyCache || !keys ? keys : new SubjectKeyCache(keys);
  }

  /**
   * The events as they may stand in the log. Markers of erased values are no personal values.
   * @throws SubjectErased, SubjectKeysUnavailable
   */
  async seal(
    stream: string,
    events: readonly UnstoredEvent[],
    fieldsOf: (type: string) => PersonalFields | undefined,
  ): Promise<readonly UnstoredEvent[]> {
    const parts = events.map((event) => personalValues(event, fieldsOf(event.type)));
    const subjects = new Set<string>();
    for (const { data, address } of parts) for (const part of [data, address]) if (part) subjects.add(part.subject);
    if (subjects.size === 0) return events;
    if (!this.keys)
      throw new Error(`${stream} tells of ${[...subjects].join(', ')}, and there are no keys to seal with.`);
    const keys = await this.keys.obtain(subjects);
    return events.map((event, index) => sealed(stream, event, parts[index]!, keys));
  }

  /**
   * The events as they were decided, with the marker in place of what was erased.
   * @throws UnreadableEvent, SubjectKeysUnavailable
   */
  async open(
    events: readonly RecordedEvent[],
    { addresses = false }: OpenOptions = {},
  ): Promise<readonly RecordedEvent[]> {
    const subjects = new Set<string>();
    for (const { metadata } of events) {
      if (metadata.sealed?.data) subjects.add(metadata.sealed.data.subject);
      if (addresses && metadata.sealed?.address) subjects.add(metadata.sealed.address.subject);
    }
    if (subjects.size === 0 || !this.keys) return events;
    const keys = await this.keys.find(subjects);
    return events.map((event) => opened(event, keys, addresses));
  }

  /** One event, at once where its keys are known. */
  openOne(event: RecordedEvent, { addresses = false }: OpenOptions = {}): RecordedEvent | Promise<RecordedEvent> {
    const { data, address } = event.metadata.sealed ?? {};
    if (!data && !(addresses && address)) return event;
    const keys = new Map<string, SubjectKey>();
    for (const part of addresses ? [data, address] : [data]) {
      if (!part) continue;
      const key = this.keys?.peek(part.subject);
      if (!key) return this.open([event], { addresses }).then(([one]) => one!);
      keys.set(part.subject, key);
    }
    return opened(event, keys, addresses);
  }

  /** Drops every key from memory. */
  forget(): void {
    this.keys?.clear();
  }
}

interface PersonalValues {
  readonly subject: string;
  readonly fields: readonly string[];
  readonly values: readonly unknown[];
}

interface PersonalParts {
  readonly data?: PersonalValues;
  /** Stands in no field of the data. */
  readonly address?: PersonalValues;
}

const noFields: readonly string[] = [];

function personalValues(
  { type, data, metadata }: UnstoredEvent,
  definition: PersonalFields | undefined,
): PersonalParts {
  const { actor } = metadata;
  const address = actor.ip !== undefined &&
    !isErased(actor.ip) && {
      subject: actorSubject(actor, data),
      fields: noFields,
      values: [actor.ip],
    };
  const all = definition?.personal.map((field) => ({ field, value: fieldOf(data, field) })) ?? [];
  const personal = all.filter(({ value }) => value !== undefined && value !== null && !isErased(value));
  if (!definition || personal.length === 0) return { ...(address && { address }) };
  return {
    data: {
      subject: subjectOf(type, data, definition.subject),
      fields: personal.map(({ field }) => field),
      values: personal.map(({ value }) => value),
    },
    ...(address && { address }),
  };
}

function subjectOf(type: string, data: object, subject: PersonalFields['subject']): string {
  const { otherwise } = subject;
  const { kind, id: path } = otherwise && fieldOf(data, subject.id) === null ? otherwise : subject;
  const id = fieldOf(data, path);
  if (typeof id !== 'string' || id === '') throw new Error(`${type} does not say in ${path} whom it tells of.`);
  return `${kind}:${id}`;
}

function sealed(stream: string, event: UnstoredEvent, parts: PersonalParts, keys: KeysBySubject): UnstoredEvent {
  const { data, address } = parts;
  if (!data && !address) return event;
  const seal = (part: PersonalValues | undefined): string | undefined => {
    const key = part && keys.get(part.subject);
    if (!part || key === 'destroyed') return undefined;
    if (!key) throw new Error(`No key was made for ${part.subject}.`);
    return sealText(key, JSON.stringify(part.values), placeOf(stream, event.type, part));
  };
  const dataText = seal(data);
  if (data && dataText === undefined) throw new SubjectErased(data.subject);
  const addressText = seal(address);
  const seals: NonNullable<EventMetadata['sealed']> = {
    ...(data && dataText !== undefined && { data: { subject: data.subject, fields: data.fields, text: dataText } }),
    ...(address && addressText !== undefined && { address: { subject: address.subject, text: addressText } }),
  };
  const { ip: _, ...actor } = event.metadata.actor;
  return {
    type: event.type,
    data: data ? withoutFields(event.data, data.fields) : event.data,
    metadata: {
      ...event.metadata,
      // Somebody who was erased may still be signed in: who acts is no content of the command, so that goes on.
      ...(address && { actor: { ...actor, ...(addressText === undefined && { ip: erased }) } }),
      ...(Object.keys(seals).length > 0 && { sealed: seals }),
    },
  };
}

function opened(event: RecordedEvent, keys: KeysBySubject, addresses: boolean): RecordedEvent {
  const { sealed, ...metadata } = event.metadata;
  if (!sealed?.data && !(addresses && sealed?.address)) return event;
  const data = sealed.data && valuesOf(event, sealed.data, keys);
  const address = addresses && sealed.address && valuesOf(event, { fields: noFields, ...sealed.address }, keys);
  return {
    ...event,
    data: sealed.data && data ? withFields(event.data, sealed.data.fields, data) : event.data,
    metadata: address ? { ...metadata, actor: { ...metadata.actor, ip: String(address[0]) } } : metadata,
  };
}

/** @throws UnreadableEvent when the values were changed or brought from elsewhere, or when their key is missing */
function valuesOf(
  event: RecordedEvent,
  { subject, fields, text }: SealedValues,
  keys: KeysBySubject,
): readonly unknown[] {
  const { stream, revision, type } = event;
  const key = keys.get(subject);
  if (key === 'destroyed') return fields.length === 0 ? [erased] : fields.map(() => erased);
  if (!key) {
    const reason = `the key of ${subject} is not in the key database. Restore the key database that belongs to this log`;
    throw new UnreadableEvent(stream, revision, type, reason);
  }
  const values = openText(key, text, placeOf(stream, type, { subject, fields }));
  if (values === undefined) {
    const reason = `what is sealed for ${subject} was changed, or does not belong to this key database`;
    throw new UnreadableEvent(stream, revision, type, reason);
  }
  return JSON.parse(values) as unknown[];
}

/** What sealed values are bound to: whom they tell of, the stream, the type and the fields. */
function placeOf(stream: string, type: string, { subject, fields }: Pick<SealedValues, 'subject' | 'fields'>): string {
  return JSON.stringify([subject, stream, type, ...fields]);
}
