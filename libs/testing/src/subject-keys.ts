import { createSecretKey, randomBytes } from 'node:crypto';
import { type SubjectKey, SubjectKeys } from '#libs/personal-data/src/subject-keys.js';

/** Keys for specs that need no database; real ones, and gone with the object. */
export class KeysInMemory extends SubjectKeys {
  private readonly keys = new Map<string, SubjectKey>();
  /** Subjects of every look, in order. */
  readonly looks: (readonly string[])[] = [];

  override async obtain(subjects: readonly string[]): Promise<ReadonlyMap<string, SubjectKey>> {
    for (const subject of subjects) {
      if (!this.keys.has(subject)) this.keys.set(subject, createSecretKey(randomBytes(32)));
    }
    return this.find(subjects);
  }

  override async find(subjects: readonly string[]): Promise<ReadonlyMap<string, SubjectKey>> {
    this.looks.push(subjects);
    // Answered later, as by a database.
    await new Promise((resolve) => setImmediate(resolve));
    const found = subjects.map((subject) => [subject, this.keys.get(subject)] as const);
    return new Map(found.flatMap(([subject, key]) => (key ? [[subject, key]] : [])));
  }

  override async destroy(subject: string): Promise<void> {
    this.keys.set(subject, 'destroyed');
  }
}
