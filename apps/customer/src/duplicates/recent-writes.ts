import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { marksOf, type Keys } from './likeness.js';

const most = 1_000;

/** Customers that this process has written lately, by what they are compared by. */
@Injectable()
export class RecentWrites {
  /** An erasure does not reach what stands here, so it holds no values. */
  private readonly key = randomBytes(32);
  /** Marks by customer, the newest last. */
  private readonly marks = new Map<string, readonly string[]>();

  note(id: string, keys: Keys): void {
    this.marks.delete(id);
    this.marks.set(id, this.sealed(keys));
    const [oldest] = this.marks.keys();
    if (this.marks.size > most && oldest !== undefined) this.marks.delete(oldest);
  }

  /** Ids of those who had something in common when they were written, the newest first. */
  alike(keys: Keys): readonly string[] {
    const wanted = new Set(this.sealed(keys));
    return [...this.marks].flatMap(([id, marks]) => (marks.some((mark) => wanted.has(mark)) ? [id] : [])).toReversed();
  }

  private sealed(keys: Keys): readonly string[] {
    return marksOf(keys).map((mark) => createHmac('sha256', this.key).update(mark).digest('base64url'));
  }
}
