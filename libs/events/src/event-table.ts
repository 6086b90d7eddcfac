/** What every reader of an event type has to know about it. */
export interface EventDefinition<Path extends string = string> {
  /** Schema version that is written today; older ones are lifted by upcasters. */
  readonly version: number;
  /** One sentence for auditors: what happened. */
  readonly description: string;
  /** Dotted paths of fields that tell something about a person. */
  readonly personal?: readonly Path[];
}

/** Event types of one context with their data: `{ 'contract.signed': { contractId: string } }`. */
export type EventTable<Events> = { readonly [Type in keyof Events]: EventDefinition<PathOf<Events[Type]>> };

/** The union `{ type, data }` over all events of a context. */
export type EventOf<Events> = {
  [Type in keyof Events & string]: { readonly type: Type; readonly data: Events[Type] };
}[keyof Events & string];

type PathOf<T> = T extends readonly unknown[] | string | number | boolean | null | undefined
  ? never
  : { [K in keyof T & string]: K | `${K}.${PathOf<NonNullable<T[K]>>}` }[keyof T & string];
