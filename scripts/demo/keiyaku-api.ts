import { createParser } from 'eventsource-parser';

/** What the server sent on an event stream. */
export interface ServerEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Keiyaku's REST API as a machine client calls it. Every method throws with the server's own words. */
export class KeiyakuApi {
  private constructor(
    private readonly base: string,
    private readonly accessToken: string,
  ) {}

  /** @param base like `http://localhost:3000` */
  static async signIn(base: string, client: { id: string; secret: string }): Promise<KeiyakuApi> {
    const response = await fetch(`${base}/api/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }),
    });
    const { access_token: token } = await answer<{ access_token: string }>(response);
    return new KeiyakuApi(base, token);
  }

  /** The same caller at another base URL, where contexts run in processes of their own. */
  at(base: string): KeiyakuApi {
    return new KeiyakuApi(base, this.accessToken);
  }

  async get<Body>(path: string, signal?: AbortSignal): Promise<Body> {
    const headers = { authorization: `Bearer ${this.accessToken}` };
    return answer<Body>(await fetch(this.base + path, { headers, ...(signal && { signal }) }));
  }

  async post<Body>(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Body> {
    const authorization = `Bearer ${this.accessToken}`;
    return this.postRaw<Body>(path, JSON.stringify(body), { authorization, ...headers });
  }

  async postRaw<Body>(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Body> {
    const response = await fetch(this.base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return answer<Body>(response);
  }

  /** Follows an event stream until the caller stops or the server ends it. */
  async *events(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const headers = { authorization: `Bearer ${this.accessToken}`, accept: 'text/event-stream' };
    const response = await fetch(this.base + path, { headers, signal });
    if (!response.ok || !response.body) await answer(response);
    const arrived: ServerEvent[] = [];
    const parser = createParser({
      onEvent: ({ id = '', event = 'message', data }) => arrived.push({ id, type: event, data }),
    });
    for await (const text of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
      yield* arrived.splice(0);
    }
  }
}

async function answer<Body>(response: Response): Promise<Body> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Body;
  throw new Error(`${new URL(response.url).pathname} answered ${response.status}: ${text}`);
}
