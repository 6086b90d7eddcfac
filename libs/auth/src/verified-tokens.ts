import type { Caller } from '#libs/http/src/request.js';

const limit = 1_000;

interface Entry {
  readonly caller: Caller;
  readonly kid: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Callers of access tokens whose signature was checked before: the check costs more than most queries, and clients
 * send one token many times. An entry holds until its token expires, and only while its very key is published.
 */
export class VerifiedTokens {
  private readonly entries = new Map<string, Entry>();

  /** @param publishedKey the key that is published under an id now, as far as it is known */
  constructor(private readonly publishedKey: (kid: string) => string | undefined) {}

  find(token: string): Caller | undefined {
    const entry = this.entries.get(token);
    if (!entry) return undefined;
    if (Date.now() < entry.expiresAt && this.publishedKey(entry.kid) === entry.key) return entry.caller;
    this.entries.delete(token);
    return undefined;
  }

  forget(which: (caller: Caller) => boolean): void {
    for (const [token, { caller }] of this.entries) if (which(caller)) this.entries.delete(token);
  }

  /** @param expires `exp` of the token, in seconds since 1970 */
  add(token: string, kid: string, expires: number, caller: Caller): void {
    const key = this.publishedKey(kid);
    if (key === undefined) return;
    // A map keeps its order: the first is the oldest.
    const [oldest] = this.entries.keys();
    if (oldest !== undefined && this.entries.size >= limit) this.entries.delete(oldest);
    this.entries.set(token, { caller, kid, key, expiresAt: expires * 1000 });
  }
}
