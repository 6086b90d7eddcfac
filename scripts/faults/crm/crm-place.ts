import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readJson } from '#libs/local-stack/src/files.js';
import type { Stack } from '#libs/local-stack/src/stack.js';
import { type Answer, ask } from '../answer.js';
import { crmClient } from '../run-faults.js';

export const crmContexts = ['identity', 'customer', 'sales-activity', 'opportunity'] as const;
export type CrmContext = (typeof crmContexts)[number];

export interface Call {
  readonly context: CrmContext;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with `/api`. */
  readonly path: string;
  readonly body?: object;
  /** The machine client asks; else the administrator does. */
  readonly byMachine?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

interface SignedIn {
  readonly administratorId: string;
  readonly administrator: string;
  readonly machine: string;
}

/** Tokens last 15 minutes. */
const renewAfterMs = 10 * 60_000;

/** The CRM's contexts as processes of their own, asked directly: no gateway repeats anything. */
export class CrmPlace {
  private renewAt = Date.now() + renewAfterMs;

  private constructor(
    readonly stack: Pick<Stack, 'dataDir' | 'parts' | 'env'>,
    private readonly ports: Readonly<Record<CrmContext, number>>,
    private tokens: SignedIn,
  ) {}

  static async enter(stack: CrmPlace['stack']): Promise<CrmPlace> {
    const ports = readJson<Record<CrmContext, number>>(join(stack.dataDir, 'ports.json'))!;
    return new CrmPlace(stack, ports, await signInBoth(stack, ports.identity));
  }

  get administratorId(): string {
    return this.tokens.administratorId;
  }

  async ask({ context, method, path, body, byMachine = false, headers }: Call): Promise<Answer> {
    if (Date.now() >= this.renewAt) await this.renew();
    const token = byMachine ? this.tokens.machine : this.tokens.administrator;
    return ask(`http://127.0.0.1:${this.ports[context]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** While identity is away the older tokens go on, and the next request that comes a minute later tries again. */
  private async renew(): Promise<void> {
    this.renewAt = Date.now() + 60_000;
    const renewed = await signInBoth(this.stack, this.ports.identity).catch(() => undefined);
    if (!renewed) return;
    this.tokens = renewed;
    this.renewAt = Date.now() + renewAfterMs;
  }

  /** Throws unless the answer is a success; while everything works. */
  async done<Body = { id: string; position: string }>(call: Call): Promise<Body> {
    const { status, text } = await this.ask(call);
    if (status === undefined || status >= 300) throw new Error(`${call.method} ${call.path}: ${status} ${text}`);
    return JSON.parse(text) as Body;
  }

  /** An active user, who signs in by no password that anybody knows. */
  async user(role: 'SALES' | 'MANAGER'): Promise<string> {
    const body = { email: `${randomUUID()}@example.jp`, name: '山田 太郎', role };
    return (await this.done({ context: 'identity', method: 'POST', path: '/api/auth/users', body })).id;
  }
}

async function signInBoth(stack: CrmPlace['stack'], port: number): Promise<SignedIn> {
  const identity = `http://127.0.0.1:${port}`;
  const { accessToken, user } = await signIn<{ accessToken: string; user: { id: string } }>(
    `${identity}/api/auth/login`,
    readJson<object>(join(stack.dataDir, 'first-administrator.json'))!,
  );
  const { id: client_id, secret: client_secret } = crmClient(stack);
  const client = { grant_type: 'client_credentials', client_id, client_secret };
  const machine = await signIn<{ access_token: string }>(`${identity}/api/auth/token`, client);
  return { administratorId: user.id, administrator: accessToken, machine: machine.access_token };
}

async function signIn<Body>(url: string, body: object): Promise<Body> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (status !== 200) throw new Error(`Nobody could sign in: ${status}`);
  return JSON.parse(text) as Body;
}
