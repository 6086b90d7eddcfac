import { Refusal } from './decider.js';
import type { ChangedBy } from './event.js';

/** A decider refused the command; nothing was stored. */
export class CommandRefused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
    this.name = 'CommandRefused';
  }
}

/** A command brings personal values of a subject that was erased; nothing was stored. */
export class SubjectErased extends CommandRefused {
  constructor(subject: string) {
    const detail = `The personal data of ${subject} was erased and is not stored again. Use a new record for it.`;
    super(new Refusal('subject_erased', detail, { subject }));
    this.name = 'SubjectErased';
  }
}

/** `If-Match` named another revision than the stream has. */
export class RevisionMismatch extends Error {
  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number,
    /** Who made the newest event of the stream; undefined where nothing was there yet. */
    readonly changedBy: ChangedBy | undefined,
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

/** The event store was just seen not to answer, so it was not asked: nothing is stored. */
export class EventStoreNotAsked extends EventStoreUnavailable {
  constructor(cause: unknown) {
    super(cause);
    this.name = 'EventStoreNotAsked';
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

/** An event was written by a newer program. A consumer pauses at it; the newer program goes on. */
export class NewerSchemaVersion extends UnreadableEvent {}

/** A newer version of a read model is being served; this program's version of it has nothing to do. */
export class NewerReadModelServes extends Error {
  constructor(name: string, own: number, live: number) {
    super(`Version ${live} of ${name} is served and this program has version ${own}. Deploy the newer program.`);
    this.name = 'NewerReadModelServes';
  }
}

/** The log is not the one that a checkpoint was made from, or it was set back behind the checkpoint. */
export class LogReplaced extends Error {
  constructor(reason: string) {
    super(
      `${reason} Restore the log that belongs to this database, or restore or rebuild what was made from the other ` +
        'one (docs/read-models.md).',
    );
    this.name = 'LogReplaced';
  }
}

/** A projection was changed in a way that needs a new version. The process does not start. */
export class ProjectionChanged extends Error {
  constructor(name: string, version: number, change: string) {
    super(`The projection ${name} ${change} and is still version ${version}. Set its version to ${version + 1}.`);
    this.name = 'ProjectionChanged';
  }
}

/** A reader named a position that the log has not reached. */
export class PositionUnknown extends Error {
  constructor(position: bigint) {
    super(`The log does not reach position ${position}. Send the X-Event-Position that a command answered.`);
    this.name = 'PositionUnknown';
  }
}

/** A read model did not get to the position that its reader waited for. */
export class ReadModelBehind extends Error {
  constructor(name: string, position: bigint) {
    super(`${name} has not reached position ${position} yet. Send the request again, or without X-Await-Position.`);
    this.name = 'ReadModelBehind';
  }
}

/** One rebuild or verification of a read model at a time. */
export class RebuildRunning extends Error {
  constructor(name: string) {
    super(`${name} is being rebuilt or verified by another process. Wait until it is done.`);
    this.name = 'RebuildRunning';
  }
}
