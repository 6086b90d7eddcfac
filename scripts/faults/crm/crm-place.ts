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

/** The CRM's contexts as processes of their own, asked directly: no gateway repeats anything. Its tokens last 15 minutes. */
export class CrmPlace {
  private constructor(
    readonly stack: Stack,
    private readonly ports: Readonly<Record<CrmContext, number>>,
    readonly administratorId: string,
    private readonly tokens: { readonly administrator: string; readonly machine: string },
  ) {}

  static async enter(stack: Stack): Promise<CrmPlace> {
    const ports = readJson<Record<CrmContext, number>>(join(stack.dataDir, 'ports.json'))!;
    const identity = `http://127.0.0.1:${ports.identity}`;
    const administrator = await signIn<{ accessToken: string; user: { id: string } }>(
      `${identity}/api/auth/login`,
      readJson<object>(join(stack.dataDir, 'first-administrator.json'))!,
    );
    const { id: client_id, secret: client_secret } = crmClient(stack);
    const client = { grant_type: 'client_credentials', client_id, client_secret };
    const machine = await signIn<{ access_token: string }>(`${identity}/api/auth/token`, client);
    const tokens = { administrator: administrator.accessToken, machine: machine.access_token };
    return new CrmPlace(stack, ports, administrator.user.id, tokens);
  }

  ask({ context, method, path, body, byMachine = false, headers }: Call): Promise<Answer> {
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

async function signIn<Body>(url: string, body: object): Promise<Body> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (status !== 200) throw new Error(`Nobody could sign in: ${status}`);
  return JSON.parse(text) as Body;
}
