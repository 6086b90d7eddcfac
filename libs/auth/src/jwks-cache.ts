import { createPublicKey, type JsonWebKey } from 'node:crypto';

const refetchMs = 10_000;
const maxAgeMs = 600_000;
const fetchTimeoutMs = 5_000;

/** The key set can't be fetched or is not one. */
export class JwksUnavailable extends Error {
  constructor(url: string, cause: unknown) {
    super(`The key set at ${url} can't be read.`, { cause });
    this.name = 'JwksUnavailable';
  }
}

/**
 * Public keys of the token issuer by key id, as PEM. Fetched when first needed, when a key id is unknown (at most
 * once in 10 s, so that forged ids can't cause a flood) and every 10 minutes, so that a withdrawn key goes.
 */
export class JwksCache {
  private keys: ReadonlyMap<string, string> | undefined;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private pending: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** `undefined` when the issuer has no such key. Throws JwksUnavailable when there is no key set to look in. */
  async find(kid: string): Promise<string | undefined> {
    const known = this.known(kid);
    if (known !== undefined) return known;
    const mayFetch = !this.keys || this.now() - this.triedAt >= refetchMs;
    if (mayFetch || this.pending) await this.refresh();
    return this.keys?.get(kid);
  }

  /** The key, if it is known and the key set is not due to be fetched again. */
  known(kid: string): string | undefined {
    return this.now() - this.fetchedAt <= maxAgeMs ? this.keys?.get(kid) : undefined;
  }

  private async refresh(): Promise<void> {
    this.pending ??= this.fetchKeys().finally(() => (this.pending = undefined));
    try {
      await this.pending;
    } catch (error) {
      // Known keys stay good while the issuer is away.
      if (!this.keys) throw error;
    }
  }

  private async fetchKeys(): Promise<void> {
    this.triedAt = this.now();
    try {
      const response = await fetch(this.url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      this.keys = readKeySet(await response.json());
      this.fetchedAt = this.now();
    } catch (error) {
      throw new JwksUnavailable(this.url, error);
    }
  }
}

function readKeySet(body: unknown): ReadonlyMap<string, string> {
  const { keys } = body as { keys: readonly (JsonWebKey & { kid?: string; alg?: string })[] };
  return new Map(
    keys
      .filter((key) => key.kty === 'EC' && key.crv === 'P-256' && key.kid !== undefined)
      .map((key) => [
        key.kid ?? '',
        createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
      ]),
  );
}
