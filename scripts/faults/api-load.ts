import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, ask } from './answer.js';

export interface ApiLoadOptions {
  readonly suiteUrl: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly observe: (answer: Answer) => void;
}

/** From read models, one page each; the last one is made from nothing. */
const reads = ['/api/contracts', '/api/environments', '/api/deliveries', '/api/webhook-sources', '/api/plans'];
const readers = 3;
const writers = 2;
const pauseMs = 50;

/** Plays people and programs that read lists and send commands; a command is repeated with its key until it is done. */
export class ApiLoad {
  /** Ids of what was acknowledged: each must stand in the log once. */
  readonly registered: string[] = [];
  private token = '';

  constructor(private readonly options: ApiLoadOptions) {}

  /** A token lasts 15 minutes; call it while everything works. */
  async signIn(): Promise<void> {
    const { id, secret } = this.options.client;
    const answer = await this.ask('/api/auth/token', {
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
    });
    this.token = (JSON.parse(answer.text) as { access_token: string }).access_token;
  }

  /** Until the signal; what is under way then is finished. */
  async run(signal: AbortSignal): Promise<void> {
    const workers = [
      ...Array.from({ length: readers }, (_, number) => this.read(number, signal)),
      ...Array.from({ length: writers }, () => this.write(signal)),
    ];
    await Promise.all(workers);
  }

  private async read(number: number, signal: AbortSignal): Promise<void> {
    for (let turn = number; !signal.aborted; turn++) {
      await this.ask(reads[turn % reads.length]!);
      await delay(pauseMs);
    }
  }

  private async write(signal: AbortSignal): Promise<void> {
    let key = randomUUID();
    while (!signal.aborted) {
      const answer = await this.ask('/api/webhook-sources', { name: `Source ${key}` }, { 'idempotency-key': key });
      if (answer.status === 201) {
        this.registered.push((JSON.parse(answer.text) as { id: string }).id);
        key = randomUUID();
      }
      await delay(pauseMs);
    }
  }

  private async ask(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const answer = await ask(this.options.suiteUrl + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...headers,
        ...(this.token !== '' && { authorization: `Bearer ${this.token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    this.options.observe(answer);
    return answer;
  }
}
