import type { EventStore } from './event-store.js';

/** What is left of a command that was carried out: enough to answer it again. */
export interface Receipt {
  readonly fingerprint: string | undefined;
  readonly revision: number;
  readonly position: bigint;
}

/** How many of a stream's newest receipts stay in memory whole. */
const kept = 128;

/**
 * The receipts of one stream. The newest are whole; of each older one 31 bits are left. Bits that are absent prove
 * that a command is new, bits that are present send the caller to the log: a known command is never taken for a
 * new one, and the rare lookalike costs one read of the stream.
 */
export class Receipts {
  private readonly newest = new Map<string, Receipt>();
  private older: Set<number> | undefined;

  find(commandId: string): Receipt | 'look_in_log' | undefined {
    return this.newest.get(commandId) ?? (this.older?.has(digest(commandId)) ? 'look_in_log' : undefined);
  }

  add(commandId: string, receipt: Receipt): void {
    this.newest.set(commandId, receipt);
    if (this.newest.size <= kept) return;
    for (const oldest of this.newest.keys()) {
      this.newest.delete(oldest);
      this.older ??= new Set();
      this.older.add(digest(oldest));
      return;
    }
  }
}

/** Reads a stream until the events of a command are passed. */
export async function findReceipt(store: EventStore, stream: string, commandId: string): Promise<Receipt | undefined> {
  let found: Receipt | undefined;
  for await (const { revision, position, metadata } of store.readStream(stream)) {
    if (metadata.commandId === commandId) found = { fingerprint: metadata.fingerprint, revision, position };
    else if (found) break;
  }
  return found;
}

/** FNV-1a, cut to the 31 bits that a Set holds without a box of their own. */
function digest(commandId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < commandId.length; index++) {
    hash = Math.imul(hash ^ commandId.charCodeAt(index), 0x01000193);
  }
  return hash >>> 1;
}
