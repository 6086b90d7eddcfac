import type { SubjectKind } from './subject.js';

/** What every reader of an event type has to know about it. */
export type EventDefinition<Path extends string = string> = {
  /** Schema version that is written today; older ones are lifted by upcasters. */
  readonly version: number;
  /** One sentence for auditors: what happened. */
  readonly description: string;
} & PersonalMarking<Path>;

export type PersonalMarking<Path extends string = string> =
  PersonalFields<Path> | { readonly personal?: never; readonly subject?: never };

/** What an event tells about a person. It is sealed in the log, with the key of its subject. */
export interface PersonalFields<Path extends string = string> {
  /** Dotted paths of the fields. They are texts, so that the marker of an erased value has their type. */
  readonly personal: readonly Path[];
  /**
   * Whom they tell of; `id` is the dotted path of the field that holds the subject's id. Where that field is null they
   * tell of `otherwise`.
   */
  readonly subject: SubjectField<Path> & { readonly otherwise?: SubjectField<Path> };
}

interface SubjectField<Path extends string> {
  readonly kind: SubjectKind;
  readonly id: Path;
}

/** Event types of one context with their data: `{ 'contract.signed': { contractId: string } }`. */
export type EventTable<Events> = { readonly [Type in keyof Events]: EventDefinition<TextPathOf<Events[Type]>> };

/** The union `{ type, data }` over all events of a context. */
export type EventOf<Events> = {
  [Type in keyof Events & string]: { readonly type: Type; readonly data: Events[Type] };
}[keyof Events & string];

type TextPathOf<T> = T extends readonly unknown[] | string | number | boolean | null | undefined
  ? never
  : {
      [K in keyof T & string]-?: string extends NonNullable<T[K]> ? K : `${K}.${TextPathOf<NonNullable<T[K]>>}`;
    }[keyof T & string];
