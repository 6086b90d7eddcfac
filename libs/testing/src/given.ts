import { expect } from 'vitest';
import type { Command, CommandContext } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal } from '#libs/event-sourcing/src/decider.js';
import type { DomainEvent, EventMetadata, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type Projection, fold } from '#libs/event-sourcing/src/projection.js';

/** A command context for specs; every field can be set. */
export function testContext(overrides: Partial<CommandContext> = {}): CommandContext {
  return {
    commandId: '00000000-0000-7000-8000-000000000001',
    correlationId: 'spec',
    actor: { id: 'spec', role: 'ADMIN' },
    occurredAt: '2026-01-05T09:00:00.000Z',
    ...overrides,
  };
}

/** `given(decider, …events).when(command).then(…events)` or `.thenRefused(code)`. */
export function given<State, Cmd extends Command, Event extends DomainEvent, Code extends string>(
  decider: Decider<State, Cmd, Event, Code>,
  ...events: readonly Event[]
): { when: (command: Cmd) => Decided<Event, Code> } {
  return {
    when: (command) => {
      const decision = decider.decide(command, events.reduce(decider.evolve, decider.initialState));
      return {
        then: (...expected) => expect(decision).toEqual(expected),
        thenNothing: () => expect(decision).toEqual([]),
        thenRefused: (code) => {
          expect(decision).toBeInstanceOf(Refusal);
          expect((decision as Refusal<Code>).code).toBe(code);
        },
      };
    },
  };
}

export interface Decided<Event extends DomainEvent, Code extends string> {
  /** Exactly these events, in this order. */
  readonly then: (...events: readonly Event[]) => void;
  readonly thenNothing: () => void;
  readonly thenRefused: (code: Code) => void;
}

/**
 * Wraps events as the log would hold them: one stream, revisions from 0, positions counting up, one minute
 * between them.
 */
export function recorded<Event extends DomainEvent>(
  events: readonly Event[],
  metadata: Partial<EventMetadata> = {},
): RecordedEvent<Event>[] {
  const start = Date.parse('2026-01-05T09:00:00.000Z');
  return events.map((event, index) => ({
    id: `00000000-0000-5000-8000-${String(index).padStart(12, '0')}`,
    stream: 'spec-1',
    revision: index,
    position: BigInt(index * 100),
    type: event.type,
    data: event.data,
    metadata: {
      ...testContext(),
      occurredAt: new Date(start + index * 60_000).toISOString(),
      schemaVersion: 1,
      ...metadata,
    },
  }));
}

/** Folds events through a projection and answers its rows by key: `expect(projected(p, events)).toEqual({ … })`. */
export function projected<Row extends object>(
  projection: Projection<Row>,
  events: readonly RecordedEvent[],
): Record<string, Row> {
  const rows = new Map<string, Row | undefined>();
  fold(projection, rows, events);
  return Object.fromEntries([...rows].filter((entry): entry is [string, Row] => entry[1] !== undefined));
}
