import type { Command } from './command.js';
import type { ChangedBy, DomainEvent } from './event.js';

/**
 * The rules of one kind of aggregate: plain functions without clock, ids or I/O.
 * `State` is a union on `status`; `decide` answers the events that happened, none when nothing changes,
 * or a refusal.
 */
export interface Decider<State, Cmd extends Command, Event extends DomainEvent, Code extends string = string> {
  /** First part of the stream name: `contract` for `contract-<id>`. */
  readonly category: string;
  readonly initialState: State;
  readonly decide: (command: Cmd, state: State) => readonly Event[] | Refusal<Code>;
  /** A state may keep who made an event, so that a refusal can name them; no rule depends on it. */
  readonly evolve: (state: State, event: Event & Made) => State;
}

/** As the kernel folds an event. */
export interface Made {
  readonly changedBy?: ChangedBy;
}

/** The stream of one aggregate: `contract-<id>`. */
export function streamName({ category }: { readonly category: string }, id: string): string {
  return `${category}-${id}`;
}

/** A rule said no. `code` is stable and stands in the context's table of problems; `detail` says what to do. */
export class Refusal<Code extends string = string> {
  constructor(
    readonly code: Code,
    readonly detail: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {}
}

/** Closes a switch: a union member that no case handles does not compile. */
export function unreachable(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
