import type { DomainEvent, RecordedEvent } from './event.js';

/** What one event type does to a read model. Both functions are pure. */
export interface ProjectionStep<Row extends object, Event extends DomainEvent> {
  /** Primary keys of the rows that the event touches. */
  keys(event: RecordedEvent<Event>): readonly string[];
  /** The row after the event; undefined removes it. `row` is undefined where none stands. */
  evolve(row: Row | undefined, event: RecordedEvent<Event>, key: string): Row | undefined;
}

/** A read model as data: which events make which rows. One runner drives them all. */
export interface Projection<Row extends object = object> {
  readonly name: string;
  /** Counts up when the rows would come out differently; the read model is then made anew. */
  readonly version: number;
  /** TypeORM entity with one primary column; it is mapped to the view `name`. */
  readonly entity: new () => Row;
  readonly steps: ReadonlyMap<string, ProjectionStep<Row, DomainEvent>>;
}

/**
 * Declares a projection over events of one or more contexts:
 * `projection<ContractRow, ContractEvents>({ name: 'contract_list', version: 1, entity: ContractRow, on: { … } })`.
 */
export function projection<Row extends object, Events extends { [Type in keyof Events]: object }>(definition: {
  readonly name: string;
  readonly version: number;
  readonly entity: new () => Row;
  readonly on: {
    readonly [Type in keyof Events & string]?: ProjectionStep<Row, DomainEvent<Type, Events[Type]>>;
  };
}): Projection<Row> {
  const { on, ...rest } = definition;
  return { ...rest, steps: new Map(Object.entries(on) as [string, ProjectionStep<Row, DomainEvent>][]) };
}

/** Folds events into rows: `rows` holds what stands before, and is changed in place; undefined marks a removal. */
export function fold<Row extends object>(
  projected: Projection<Row>,
  rows: Map<string, Row | undefined>,
  events: readonly RecordedEvent[],
): void {
  for (const event of events) {
    const step = projected.steps.get(event.type);
    for (const key of step?.keys(event) ?? []) rows.set(key, step?.evolve(rows.get(key), event, key));
  }
}
