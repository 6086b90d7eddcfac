import type { Command, Committed } from './command.js';
import { type Decider, Refusal, streamName } from './decider.js';
import { CommandIdReused, CommandRefused, RevisionMismatch, TooMuchContention } from './errors.js';
import type { DomainEvent, EventMetadata } from './event.js';
import type { EventSchemas } from './event-schemas.js';
import { type EventStore, LostRace, type NewEvent } from './event-store.js';
import { eventId } from './ids.js';

const tries = 4;

interface Receipt {
  readonly fingerprint: string | undefined;
  readonly revision: number;
  readonly position: bigint;
}

interface Loaded<State> {
  readonly state: State;
  readonly revision: number;
  readonly position: bigint;
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** Newest source revision by source stream and sender. */
  readonly sources: ReadonlyMap<string, number>;
  readonly last: { readonly type: string; readonly metadata: EventMetadata } | undefined;
}

/**
 * Carries out the commands of one decider: load, look for the receipt, decide, append at the revision that
 * was read. A lost race is decided afresh, up to three times.
 *
 * @throws CommandRefused, RevisionMismatch, CommandIdReused, TooMuchContention, EventStoreUnavailable
 */
export class CommandHandler<State, Cmd extends Command, Event extends DomainEvent> {
  constructor(
    private readonly decider: Decider<State, Cmd, Event>,
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  async execute(command: Cmd): Promise<Committed> {
    const stream = streamName(this.decider, command.target);
    const { context } = command;
    for (let attempt = 1; ; attempt++) {
      const loaded = await this.load(stream);
      const unchanged: Committed = { id: command.target, revision: loaded.revision, position: loaded.position };

      const receipt = loaded.receipts.get(context.commandId);
      if (receipt) {
        const comparable = receipt.fingerprint !== undefined && context.fingerprint !== undefined;
        if (comparable && receipt.fingerprint !== context.fingerprint) throw new CommandIdReused(context.commandId);
        return { id: command.target, revision: receipt.revision, position: receipt.position };
      }
      if (context.expectedRevision !== undefined && context.expectedRevision !== loaded.revision) {
        throw revisionMismatch(stream, context.expectedRevision, loaded);
      }
      if (context.source && (loaded.sources.get(sourceKey(context)) ?? -1) > context.source.revision) return unchanged;

      const decision = this.decider.decide(command, loaded.state);
      if (decision instanceof Refusal) throw new CommandRefused(decision);
      if (decision.length === 0) return unchanged;

      try {
        const events = decision.map((event, index) => this.newEvent(stream, event, index, command));
        return { id: command.target, ...(await this.store.append(stream, events, loaded.revision)) };
      } catch (error) {
        if (!(error instanceof LostRace)) throw error;
        if (attempt === tries) throw new TooMuchContention(stream);
      }
    }
  }

  private async load(stream: string): Promise<Loaded<State>> {
    let state = this.decider.initialState;
    let revision = -1;
    let position = -1n;
    let last: Loaded<State>['last'];
    const receipts = new Map<string, Receipt>();
    const sources = new Map<string, number>();
    for await (const stored of this.store.readStream(stream)) {
      const event = this.schemas.current<Event>(stored);
      // The store answers type and data apart; together they are a member of the decider's union.
      state = this.decider.evolve(state, { type: event.type, data: event.data } as Event);
      ({ revision, position } = event);
      const { commandId, fingerprint, source } = event.metadata;
      receipts.set(commandId, { fingerprint, revision, position });
      if (source) {
        const key = sourceKey(event.metadata);
        sources.set(key, Math.max(source.revision, sources.get(key) ?? -1));
      }
      last = event;
    }
    return { state, revision, position, receipts, sources, last };
  }

  private newEvent(stream: string, event: Event, index: number, { context }: Cmd): NewEvent {
    const { commandId, fingerprint, correlationId, causationId, actor, occurredAt, traceparent, source } = context;
    const metadata: EventMetadata = {
      commandId,
      ...(fingerprint !== undefined && { fingerprint }),
      correlationId,
      ...(causationId !== undefined && { causationId }),
      actor,
      occurredAt,
      schemaVersion: this.schemas.currentVersion(event.type),
      ...(traceparent !== undefined && { traceparent }),
      ...(source && { source }),
    };
    const serialised = JSON.stringify({ type: event.type, data: event.data, metadata });
    return { id: eventId(stream, commandId, index, serialised), type: event.type, data: event.data, metadata };
  }
}

function sourceKey({ actor, source }: Pick<EventMetadata, 'actor' | 'source'>): string {
  return `${source?.stream} ${actor.id}`;
}

function revisionMismatch(stream: string, expected: number, { revision, last }: Loaded<unknown>): RevisionMismatch {
  const changedBy = last && { actor: last.metadata.actor.id, at: last.metadata.occurredAt, event: last.type };
  return new RevisionMismatch(stream, expected, revision, changedBy);
}
