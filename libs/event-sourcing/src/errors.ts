import type { Refusal } from './decider.js';

/** A decider refused the command; nothing was stored. */
export class CommandRefused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
    this.name = 'CommandRefused';
  }
}

/** `If-Match` named another revision than the stream has. `changedBy` made the newest event. */
export class RevisionMismatch extends Error {
  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number,
    readonly changedBy: { readonly actor: string; readonly at: string; readonly event: string } | undefined,
  ) {
    super(`${stream} is at revision ${actual}, not ${expected}.`);
    this.name = 'RevisionMismatch';
  }
}

/** The command lost the race for its stream in every try. */
export class TooMuchContention extends Error {
  constructor(readonly stream: string) {
    super(`${stream} changed during every try. Send the command again.`);
    this.name = 'TooMuchContention';
  }
}

/** A command id that is known came with another request. */
export class CommandIdReused extends Error {
  constructor(readonly commandId: string) {
    super('This idempotency key was used for another request. Use a new key.');
    this.name = 'CommandIdReused';
  }
}

/** The event store can't be reached or gave no answer in time. */
export class EventStoreUnavailable extends Error {
  constructor(
    cause: unknown,
    message = 'The event store does not answer. Send the request again with the same Idempotency-Key.',
  ) {
    super(message, { cause });
    this.name = 'EventStoreUnavailable';
  }
}

/** An append was sent, and the event store went away before it said whether the events are stored. */
export class OutcomeUnknown extends EventStoreUnavailable {
  constructor(cause: unknown) {
    super(
      cause,
      'The event store went away before it answered, so the change may be stored or not. ' +
        'Send the request again with the same Idempotency-Key: it is carried out once.',
    );
    this.name = 'OutcomeUnknown';
  }
}

/** An event in the log that this version of the program can't read. */
export class UnreadableEvent extends Error {
  constructor(
    readonly stream: string,
    readonly revision: number,
    readonly type: string,
    reason: string,
  ) {
    super(`Event ${revision} of ${stream} (${type}) can't be read: ${reason}`);
    this.name = 'UnreadableEvent';
  }
}
