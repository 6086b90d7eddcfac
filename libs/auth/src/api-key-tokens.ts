import { Injectable } from '@nestjs/common';
import type { ApiKeyParts } from './api-key.js';
import { besideKeySet } from './issuer-urls.js';

const fetchTimeoutMs = 5_000;
const limit = 1_000;
/** What was refused is not asked about again for so long. */
const refusedMs = 5_000;

/** Identity can't be asked whether a key is good. */
export class ApiKeysUnavailable extends Error {
  constructor(url: string, cause: unknown) {
    super(`${url} can't be asked about keys of machine clients.`, { cause });
    this.name = 'ApiKeysUnavailable';
  }
}

interface Answer {
  /** Undefined: the key was refused. */
  readonly token: string | undefined;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * Access tokens for keys of machine clients: identity exchanges a key, and its answer serves all requests until
 * shortly before it expires. That a key was revoked is known as of every other access token.
 */
@Injectable()
export class ApiKeyTokens {
  private readonly answers = new Map<string, Promise<Answer>>();

  /** Undefined for a key that is unknown, was revoked or has expired. @throws ApiKeysUnavailable */
  async tokenFor({ id, secret }: ApiKeyParts): Promise<string | undefined> {
    const key = `${id} ${secret}`;
    const known = this.answers.get(key);
    const before = await known;
    if (before && Date.now() < before.until) return before.token;
    if (known !== undefined && this.answers.get(key) === known) this.answers.delete(key);
    // Whoever comes while it is asked waits for the same answer.
    const asked = this.answers.get(key) ?? this.ask(id, secret);
    this.keep(key, asked);
    return (await asked).token;
  }

  /** The token of a key that was found good before, while it is live; identity is not asked, nor waited for. */
  async heldFor({ id, secret }: ApiKeyParts): Promise<string | undefined> {
    const held = this.answers.get(`${id} ${secret}`) ?? Promise.resolve(undefined);
    const answer = await Promise.race([held, Promise.resolve(undefined)]).catch(() => undefined);
    return answer && Date.now() < answer.until ? answer.token : undefined;
  }

  private keep(key: string, answer: Promise<Answer>): void {
    if (this.answers.has(key)) return;
    // A map keeps its order: the first is the oldest.
    const [oldest] = this.answers.keys();
    if (oldest !== undefined && this.answers.size >= limit) this.answers.delete(oldest);
    this.answers.set(key, answer);
    answer.catch(() => {
      if (this.answers.get(key) === answer) this.answers.delete(key);
    });
  }

  private async ask(id: string, secret: string): Promise<Answer> {
    const url = besideKeySet('../token');
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
        signal: AbortSignal.timeout(fetchTimeoutMs),
      });
      if (response.status === 401) {
        await response.body?.cancel();
        return { token: undefined, until: Date.now() + refusedMs };
      }
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { access_token: token, expires_in: seconds } = (await response.json()) as Record<string, unknown>;
      if (typeof token !== 'string' || typeof seconds !== 'number') throw new Error('no token');
      // A tenth before its end: the next one is there before this one is refused.
      return { token, until: Date.now() + seconds * 900 };
    } catch (error) {
      throw new ApiKeysUnavailable(url, error);
    }
  }
}
