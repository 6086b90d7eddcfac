/** What the load generator is asked to do, and what it answers: plain data, because it is a process of its own. */

/** Events in one request of the work `read`. */
export const mostEventsInARead = 1_000;

/** What goes to an event store, with the official client and nothing else. */
export type EventStoreWork =
  /** Appends one event to a new stream. */
  | { readonly kind: 'append'; readonly eventStoreUrl: string; readonly event: SampleEvent }
  /** Reads events of the stream and of $all in turn, as many as `mostEventsInARead` each time. */
  | { readonly kind: 'read'; readonly eventStoreUrl: string; readonly stream: string }
  /** Appends like `append`, and is answered when the event has come to a subscriber of $all on another connection. */
  | { readonly kind: 'deliver'; readonly eventStoreUrl: string; readonly event: SampleEvent };

export type Work =
  | EventStoreWork
  /** Posts a new contract. */
  | { readonly kind: 'draft'; readonly url: string; readonly token: string }
  /** Gets the URLs in turn. */
  | { readonly kind: 'get'; readonly urls: readonly string[]; readonly token: string }
  /** Posts a new customer, like no other one. */
  | { readonly kind: 'customer'; readonly url: string; readonly token: string }
  /** Posts customers who are there already, in turn: each has to be refused as a duplicate. */
  | { readonly kind: 'duplicate'; readonly url: string; readonly records: readonly object[]; readonly token: string }
  /** Puts another note on customers in turn. */
  | { readonly kind: 'note'; readonly customers: readonly CustomerToChange[]; readonly token: string }
  /** Posts signed webhooks, each with an id of its own, for customers whose contracts stand. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string; readonly customers: number };

export interface CustomerToChange {
  readonly url: string;
  /** What is known of them. */
  readonly record: object;
}

export interface SampleEvent {
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

export interface LoadJob {
  readonly work: Work;
  /** Requests in flight, always: the next one leaves when an answer came. */
  readonly concurrency: number;
  readonly seconds: number;
  /** Requests leave at this rate over `concurrency` connections instead, whether or not others were answered. */
  readonly perSecond?: number;
  /** Where new contracts appear; when given, each one's delay after its answer is measured. */
  readonly watch?: { readonly databaseUrl: string };
}

export interface LoadResult {
  readonly perSecond: number;
  /** All of them, also those before and after the time that counts. */
  readonly answers: number;
  /** Milliseconds from sending, or from when it was due at a given rate, to the whole answer. */
  readonly latencyMs: { readonly mean: number; readonly p50: number; readonly p95: number; readonly p99: number };
  /** Milliseconds from the answer to the row in the read model, one for each contract. */
  readonly lagMs?: readonly number[];
}
