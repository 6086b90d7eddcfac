import { setTimeout as delay } from 'node:timers/promises';
import type { Command, Committed } from './command.js';
import { type Decider, type Made, Refusal, streamName } from './decider.js';
import {
  CommandIdReused,
  CommandRefused,
  EventStoreNotAsked,
  EventStoreUnavailable,
  OutcomeUnknown,
  SubjectErased,
  TooMuchContention,
} from './errors.js';
import { changedBy, type DomainEvent, type EventMetadata, type NewEvent } from './event.js';
import type { EventSchemas } from './event-schemas.js';
import { type EventStore, LostRace } from './event-store.js';
import { eventId } from './ids.js';
import { isInfrastructureError } from './infrastructure-error.js';
import type { UnstoredEvent } from './personal-data.js';
import { type Receipt, findReceipt } from './receipts.js';
import { StateCache, deepFreeze } from './state-cache.js';
import { StreamState } from './stream-state.js';

const tries = 4;
/** How long an unknown outcome is looked for before the caller has to ask again. */
const patienceMs = 3_000;

/**
 * Carries out the commands of one decider: look for the receipt, decide on what is known, append at the revision
 * that is known. An append that succeeds proves that what was known was whole; everything else that would be
 * answered from memory is confirmed by reading forward first. A lost race is decided afresh, up to three times.
 *
 * @throws CommandRefused, RevisionMismatch, CommandIdReused, TooMuchContention, EventStoreUnavailable, OutcomeUnknown,
 * SubjectKeysUnavailable, LogReplaced
 */
export class CommandHandler<State, Cmd extends Command, Event extends DomainEvent> {
  constructor(
    private readonly decider: Decider<State, Cmd, Event>,
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
    private readonly cache = new StateCache(),
  ) {
    deepFreeze(decider.initialState);
  }

  async execute(command: Cmd): Promise<Committed> {
    const stream = streamName(this.decider, command.target);
    const arrivedAt = performance.now();
    return this.cache.exclusively(stream, () => this.carryOut(command, stream, arrivedAt));
  }

  private async carryOut(command: Cmd, stream: string, arrivedAt: number): Promise<Committed> {
    this.store.demandSameLog();
    // A stream that is not in memory is taken for empty at first, so what is created needs no read.
    let known = this.cache.get<State>(stream) ?? this.nothing(stream);
    // Commands that wait in line share one reading, which began when they had arrived.
    let confirmed = known.readAt > arrivedAt;
    let outcomeWasUnknown = false;
    let heldErased = false;
    for (let lostRaces = 0; ;) {
      const receipt = await this.receiptOf(command, known);
      if (receipt) return answeredBefore(command, receipt);

      const decision = this.decide(command, known);
      if (decision instanceof Error || decision.length === 0) {
        if (!confirmed) await this.read(known);
        else if (decision instanceof Error) throw decision;
        else return { id: command.target, revision: known.revision, position: known.position };
      } else {
        try {
          return await this.append(command, known, decision);
        } catch (error) {
          if (error instanceof LostRace) {
            if (++lostRaces === tries) throw new TooMuchContention(stream);
            known = await this.readWinner(known);
          } else if (error instanceof EventStoreUnavailable) {
            if (outcomeWasUnknown) throw new OutcomeUnknown(error);
            if (error instanceof EventStoreNotAsked) throw error;
            outcomeWasUnknown = true;
            known = await this.readOutcome(stream, error);
          } else if (error instanceof SubjectErased && !heldErased) {
            // What is in memory may tell of a subject that was erased meanwhile; the log does not any more.
            heldErased = true;
            known = await this.read(this.nothing(stream));
          } else throw error;
        }
      }
      confirmed = true;
    }
  }

  /** Answers what is to be stored, nothing when nothing changes, or why the command is turned down. */
  private decide(command: Cmd, known: StreamState<State>): readonly Event[] | Error {
    const { expectedRevision } = command.context;
    if (expectedRevision !== undefined && expectedRevision !== known.revision) return known.mismatch(expectedRevision);
    if (known.isOvertaken(command.context)) return [];
    const decision = this.decider.decide(command, known.state);
    return decision instanceof Refusal ? new CommandRefused(decision) : decision;
  }

  private async append(command: Cmd, known: StreamState<State>, decided: readonly Event[]): Promise<Committed> {
    const unsealed = decided.map((event) => this.unstored(event, command));
    // Folded before they are stored: events that can't be folded never reach the log.
    const state = unsealed.reduce((folded, event) => this.evolve(folded, event), known.state);
    const events = await this.sealed(known.stream, unsealed);
    const committed = await this.store.append(known.stream, events, known.revision);
    known.advance(state, { ...events.at(-1)!, ...committed });
    this.cache.keep(known);
    return { id: command.target, ...committed };
  }

  /** Takes in what stands in the log behind what is known. A stream that can't be folded is not cached. */
  private async read(known: StreamState<State>): Promise<StreamState<State>> {
    this.cache.drop(known.stream);
    const readAt = performance.now();
    for await (const stored of this.store.readStream(known.stream, known.revision + 1)) {
      const event = this.schemas.current<Event>(stored);
      known.advance(this.evolve(known.state, event), event);
    }
    known.readAt = readAt;
    this.cache.keep(known);
    return known;
  }

  /** A lost race without a winner behind what is known: the log is another one now, so nothing known counts. */
  private async readWinner(known: StreamState<State>): Promise<StreamState<State>> {
    const { revision } = known;
    await this.read(known);
    return known.revision > revision ? known : this.read(this.nothing(known.stream));
  }

  /** Reads the stream again after an append that got no answer: its receipt is there when it was stored. */
  private async readOutcome(stream: string, cause: EventStoreUnavailable): Promise<StreamState<State>> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      try {
        return await this.read(this.nothing(stream));
      } catch (error) {
        if (!isInfrastructureError(error)) throw error;
        if (performance.now() >= deadline) throw new OutcomeUnknown(cause);
      }
      await delay(50);
    }
  }

  private async receiptOf({ context }: Cmd, known: StreamState<State>): Promise<Receipt | undefined> {
    const receipt = known.receipts.find(context.commandId);
    return receipt === 'look_in_log' ? findReceipt(this.store, known.stream, context.commandId) : receipt;
  }

  private nothing(stream: string): StreamState<State> {
    return new StreamState(stream, this.decider.initialState, this.cache.generation);
  }

  /** The store answers type and data apart; together they are a member of the decider's union. */
  private evolve(state: State, event: Pick<NewEvent, 'type' | 'data' | 'metadata'>): State {
    const { type, data } = event;
    return this.decider.evolve(state, { type, data, changedBy: changedBy(event) } as Event & Made);
  }

  private unstored(event: Event, { context }: Cmd): UnstoredEvent {
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
    // As a reader gets it: what JSON leaves out is left out here too.
    return { type: event.type, data: JSON.parse(JSON.stringify(event.data)) as object, metadata };
  }

  private async sealed(stream: string, unsealed: readonly UnstoredEvent[]): Promise<readonly NewEvent[]> {
    const events = await this.store.personal.seal(stream, unsealed, (type) => this.schemas.personalFields(type));
    return events.map(({ type, data, metadata }, index) => {
      const serialised = JSON.stringify({ type, data, metadata });
      return { id: eventId(stream, metadata.commandId, index, serialised), type, data, metadata };
    });
  }
}

function answeredBefore({ target, context }: Command, { fingerprint, revision, position }: Receipt): Committed {
  const comparable = fingerprint !== undefined && context.fingerprint !== undefined;
  if (comparable && fingerprint !== context.fingerprint) throw new CommandIdReused(context.commandId);
  return { id: target, revision, position };
}
