import { Gathered } from './gathered.js';
import { keyLifetimeMs } from './key-lifetime.js';
import type { SubjectKey, SubjectKeys } from './subject-keys.js';

export type KeysBySubject = ReadonlyMap<string, SubjectKey>;

export interface SubjectKeyCacheOptions {
  /** Most keys that stay in memory. */
  readonly capacity?: number;
  /** Default: `keyLifetimeMs`. */
  readonly lifetimeMs?: number;
  /** Milliseconds of any clock that never goes back. */
  readonly now?: () => number;
}

/** The keys that this process used last. What other processes destroyed is used for `lifetimeMs` at most. */
export class SubjectKeyCache {
  private readonly capacity: number;
  private readonly lifetimeMs: number;
  private readonly now: () => number;
  private readonly obtaining: Gathered<KeysBySubject>;
  private readonly finding: Gathered<KeysBySubject>;
  private entries = new Map<string, { readonly key: SubjectKey; readonly until: number }>();

  constructor(keys: SubjectKeys, options: SubjectKeyCacheOptions = {}) {
    const { capacity = 10_000, lifetimeMs = keyLifetimeMs(), now = () => performance.now() } = options;
    this.capacity = capacity;
    this.lifetimeMs = lifetimeMs;
    this.now = now;
    this.obtaining = new Gathered((subjects) => this.remembered(() => keys.obtain(subjects)));
    this.finding = new Gathered((subjects) => this.remembered(() => keys.find(subjects)));
  }

  get size(): number {
    return this.entries.size;
  }

  /** The key, if it needs no look. */
  peek(subject: string): SubjectKey | undefined {
    const entry = this.entries.get(subject);
    return entry && entry.until > this.now() ? entry.key : undefined;
  }

  /** Every subject has a key afterwards, or is `destroyed`. @throws SubjectKeysUnavailable */
  obtain(subjects: ReadonlySet<string>): Promise<KeysBySubject> {
    return this.all(subjects, this.obtaining);
  }

  /** Subjects that never had a key are left out. @throws SubjectKeysUnavailable */
  find(subjects: ReadonlySet<string>): Promise<KeysBySubject> {
    return this.all(subjects, this.finding);
  }

  /** Forgets everything, and what looks that are on their way bring. */
  clear(): void {
    this.entries = new Map();
  }

  private async all(subjects: ReadonlySet<string>, from: Gathered<KeysBySubject>): Promise<KeysBySubject> {
    const keys = new Map<string, SubjectKey>();
    const missing: string[] = [];
    for (const subject of subjects) {
      const key = this.peek(subject);
      if (key) keys.set(subject, key);
      else missing.push(subject);
    }
    if (missing.length === 0) return keys;
    const found = await from.about(missing);
    for (const subject of missing) {
      const key = found.get(subject);
      if (key) keys.set(subject, key);
    }
    return keys;
  }

  private async remembered(look: () => Promise<KeysBySubject>): Promise<KeysBySubject> {
    const { entries } = this;
    const until = this.now() + this.lifetimeMs;
    const found = await look();
    for (const [subject, key] of found) {
      entries.delete(subject);
      entries.set(subject, { key, until });
    }
    for (const oldest of entries.keys()) {
      if (entries.size <= this.capacity) break;
      entries.delete(oldest);
    }
    return found;
  }
}
