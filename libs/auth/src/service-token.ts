/** Calls between contexts and by machines: a token from identity, kept until shortly before it expires. */

export interface ServiceClient {
  /** Base URL of the system, `PUBLIC_URL`. */
  readonly publicUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const requestTimeoutMs = 10_000;
const renewBeforeMs = 60_000;

export class ServiceTokenError extends Error {
  override name = 'ServiceTokenError';
}

export class ServiceTokens {
  private current: { readonly token: string; readonly until: number } | undefined;
  private pending: Promise<string> | undefined;

  constructor(private readonly client: ServiceClient) {}

  /** A valid access token. Throws ServiceTokenError when identity refuses or is away. */
  async token(): Promise<string> {
    if (this.current && performance.now() < this.current.until) return this.current.token;
    this.pending ??= this.fetchToken().finally(() => (this.pending = undefined));
    return this.pending;
  }

  /** Calls `path` of the system with the token; one more try with a fresh token when the answer is 401. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const used = await this.token();
    const response = await this.send(path, init, used);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    if (this.current?.token === used) this.current = undefined;
    return this.send(path, init, await this.token());
  }

  private send(path: string, init: RequestInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    const signal = init.signal ?? AbortSignal.timeout(requestTimeoutMs);
    return fetch(`${this.client.publicUrl}${path}`, { ...init, headers, signal });
  }

  private async fetchToken(): Promise<string> {
    const { publicUrl, clientId, clientSecret } = this.client;
    const response = await fetch(`${publicUrl}/api/auth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    }).catch((error: unknown) => {
      throw new ServiceTokenError(`${publicUrl} does not answer.`, { cause: error });
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) {
      throw new ServiceTokenError(
        `${publicUrl} refused the machine client ${clientId} (${response.status}). Check SERVICE_CLIENT_ID and SERVICE_CLIENT_SECRET.`,
      );
    }
    const { access_token, expires_in } = (body ?? {}) as { access_token?: unknown; expires_in?: unknown };
    if (typeof access_token !== 'string' || typeof expires_in !== 'number') {
      throw new ServiceTokenError(`${publicUrl}/api/auth/token answered something that is not a token.`);
    }
    const lifetimeMs = expires_in * 1000;
    const renewMs = Math.min(renewBeforeMs, lifetimeMs / 2);
    this.current = { token: access_token, until: performance.now() + lifetimeMs - renewMs };
    return access_token;
  }
}
