import type { KeyObject } from 'node:crypto';

/** The key that a subject's values are sealed with, or `destroyed` once the subject was erased. */
export type SubjectKey = KeyObject | 'destroyed';

/**
 * Where the keys of personal data are: a database of its own, or a key management service.
 * A subject is like `contract:<id>`. Every method throws SubjectKeysUnavailable when the keys can't be reached.
 */
export abstract class SubjectKeys {
  /** Answers the key of every subject; one that has none gets one, kept for good before this resolves. */
  abstract obtain(subjects: readonly string[]): Promise<ReadonlyMap<string, SubjectKey>>;

  /** Answers the keys that there are; a subject that never had one is left out. */
  abstract find(subjects: readonly string[]): Promise<ReadonlyMap<string, SubjectKey>>;

  /** Destroys the key and leaves a tombstone, also where there was no key: the subject never gets one again. */
  abstract destroy(subject: string): Promise<void>;
}

/** The keys can't be reached just now. Nothing was stored. */
export class SubjectKeysUnavailable extends Error {
  constructor(cause: unknown) {
    super('The keys of personal data cannot be read just now. Nothing was changed; send the request again.', { cause });
    this.name = 'SubjectKeysUnavailable';
  }
}
