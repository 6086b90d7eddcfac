import type { Actor } from './event.js';

/** Everything about a command that is not its content. */
export interface CommandContext {
  /** The same id is carried out once, however often it comes. */
  readonly commandId: string;
  /** Keyed hash of the request; a known id with another fingerprint is refused. Absent: not compared. */
  readonly fingerprint?: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  /** ISO instant; the only clock that a decider sees. */
  readonly occurredAt: string;
  /** From `If-Match`: carried out only while the stream is at this revision. */
  readonly expectedRevision?: number;
  readonly traceparent?: string;
  readonly source?: { readonly stream: string; readonly revision: number };
}

/** A request to one aggregate, named by `target`. Subclasses are named in the imperative: `SignContract`. */
export abstract class Command<Data extends object = object> {
  /** Discriminates the command union that a decider takes. */
  abstract readonly type: string;

  constructor(
    readonly target: string,
    readonly data: Data,
    readonly context: CommandContext,
  ) {}
}

/** What a command that was carried out answers. */
export interface Committed {
  readonly id: string;
  /** Revision of the stream after the command; -1 for a stream that does not exist. */
  readonly revision: number;
  /** Position of the command's last event in the whole log. */
  readonly position: bigint;
}
