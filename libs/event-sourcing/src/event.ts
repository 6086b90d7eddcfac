/** A fact, as a decider states it: a published name (`contract.signed`) and what happened. */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/**
 * Who caused an event. `id` is a user id, a machine client's id or `policy:<name>`.
 * The address is sealed in the log and opened in histories only: no rule and no read model depends on it.
 */
export interface Actor {
  readonly id: string;
  readonly role: string;
  readonly ip?: string;
}

/** Values under the key of their subject, as they stand in the log. */
export interface SealedValues {
  /** `contract:<id>`, `user:<id>` or `client:<id>` */
  readonly subject: string;
  /** Where the values stood: dotted paths in the event's data. */
  readonly fields: readonly string[];
  readonly text: string;
}

export interface EventMetadata {
  /** Id of the command that this event answers; the receipt of a repeated command. */
  readonly commandId: string;
  /** Keyed hash of the request as it was received; absent where repeats are not compared. */
  readonly fingerprint?: string;
  readonly correlationId: string;
  /** Id of the event that caused the command. */
  readonly causationId?: string;
  readonly actor: Actor;
  /** ISO instant at which the command was received. */
  readonly occurredAt: string;
  readonly schemaVersion: number;
  readonly traceparent?: string;
  /** The event in another stream that the command came from; older ones are ignored. */
  readonly source?: { readonly stream: string; readonly revision: number };
  /** What the log does not tell without keys: personal fields of the data, and the actor's address. */
  readonly sealed?: { readonly data?: SealedValues; readonly address?: Omit<SealedValues, 'fields'> };
}

/** Who made an event, and when. */
export interface ChangedBy {
  readonly actor: string;
  readonly at: string;
  readonly event: string;
}

export function changedBy({ type, metadata }: Pick<NewEvent, 'type' | 'metadata'>): ChangedBy {
  return { actor: metadata.actor.id, at: metadata.occurredAt, event: type };
}

/** An event that is about to be appended. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata: EventMetadata;
}

/** An event as it stands in the log. */
export interface RecordedEvent<Event extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly stream: string;
  /** Number in its stream, from 0. */
  readonly revision: number;
  /** Place in the whole log; grows with every event, with gaps. */
  readonly position: bigint;
  readonly type: Event['type'];
  readonly data: Event['data'];
  readonly metadata: EventMetadata;
}

/** Narrows a union of events to the one of a type. */
export type EventOfType<Event extends DomainEvent, Type extends Event['type']> = Extract<
  Event,
  { readonly type: Type }
>;

/** The recorded form of a union: a union again, so that `type` narrows `data`. */
export type Recorded<Event extends DomainEvent> = Event extends DomainEvent
  ? RecordedEvent<Event> & { readonly type: Event['type']; readonly data: Event['data'] }
  : never;
