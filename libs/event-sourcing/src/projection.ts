import type { DomainEvent, RecordedEvent } from './event.js';

/** What one event type does to the rows that it names. Both functions are pure. */
export interface ProjectionStep<Row extends object, Event extends DomainEvent> {
  /** Primary keys of the rows that the event touches. */
  keys(event: RecordedEvent<Event>): readonly string[];
  /** The row after the event; undefined removes it. `row` is undefined where none stands. */
  evolve(row: Row | undefined, event: RecordedEvent<Event>, key: string): Row | undefined;
}

/**
 * What one event type does to rows that it can't name: every row that holds certain values is changed alike, in one
 * SQL statement however many they are. Pure. Give the columns of `where` an index.
 */
export interface SetStep<Row extends object, Event extends DomainEvent> {
  /** One change, or several in their order. Answers undefined when the event is of no concern to this read model. */
  many(event: RecordedEvent<Event>): RowsChange<Row> | readonly RowsChange<Row>[] | undefined;
}

/**
 * Every row whose columns hold all the values of `where` gets the values of `set`, or is removed. `where` names at
 * least one column, and `set` not the primary one.
 */
export type RowsChange<Row extends object> = { readonly where: Partial<Match<Row>> } & (
  { readonly set: Partial<Row> } | { readonly remove: true }
);

/** The columns that rows can be found by: those with plain values. */
type Match<Row extends object> = {
  readonly [
    Column in keyof Row as NonNullable<Row[Column]> extends string | number | boolean ? Column : never
  ]: NonNullable<Row[Column]>;
};

type Step<Row extends object, Event extends DomainEvent> = ProjectionStep<Row, Event> | SetStep<Row, Event>;

/** A read model as data: which events make which rows. One runner drives them all. */
export interface Projection<Row extends object = object> {
  readonly name: string;
  /** Counts up when the rows would come out differently; the read model is then made anew. */
  readonly version: number;
  /** TypeORM entity with one primary column; it is mapped to the view `name`. */
  readonly entity: new () => Row;
  readonly steps: ReadonlyMap<string, Step<Row, DomainEvent>>;
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
    readonly [Type in keyof Events & string]?: Step<Row, DomainEvent<Type, Events[Type]>>;
  };
}): Projection<Row> {
  const { on, ...rest } = definition;
  return { ...rest, steps: new Map(Object.entries(on) as [string, Step<Row, DomainEvent>][]) };
}

/**
 * Folds events into rows: `rows` holds what stands before, and is changed in place; undefined marks a removal. Where
 * set-based steps are among the events, it must hold every row of the read model.
 */
export function fold<Row extends object>(
  projected: Projection<Row>,
  rows: Map<string, Row | undefined>,
  events: readonly RecordedEvent[],
): void {
  for (const event of events) {
    const step = projected.steps.get(event.type);
    if (!step) continue;
    if ('many' in step) for (const change of changesOf(step, event)) changeMatching(rows, change);
    else for (const key of step.keys(event)) rows.set(key, step.evolve(rows.get(key), event, key));
  }
}

/** What a set-based step does at an event, in its order. */
export function changesOf<Row extends object>(
  step: SetStep<Row, DomainEvent>,
  event: RecordedEvent,
): readonly RowsChange<Row>[] {
  const changes = step.many(event) ?? [];
  return 'where' in changes ? [changes] : changes;
}

function changeMatching<Row extends object>(rows: Map<string, Row | undefined>, change: RowsChange<Row>): void {
  const wanted = Object.entries(change.where);
  for (const [key, row] of rows) {
    if (!row || !wanted.every(([column, value]) => row[column as keyof Row] === value)) continue;
    rows.set(key, 'set' in change ? { ...row, ...change.set } : undefined);
  }
}
