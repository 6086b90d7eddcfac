import { randomUUID } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { Role } from '#libs/events/src/identity.js';
import type { TestApp, TestRequest } from '#libs/testing/src/test-app.js';

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  /** Of the app's own issuer, with no session. */
  readonly token: string;
}

/** Makes what a command needs to be carried out, each time like nothing that is there. */
export class Workplace {
  private readonly hired = new Map<string, Promise<Person>>();

  constructor(private readonly app: TestApp) {}

  /** Sends a command that must succeed. */
  async done<Body = { id: string }>(path: string, request: TestRequest): Promise<Body> {
    const { status, body } = await this.app.request<Body>(path, { role: 'ADMIN', ...request });
    if (status >= 300) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Always the same person of this name, for what nobody signs in for. */
  colleague(name: 'owner' | 'requester' | 'approver', role: Role = 'MANAGER'): Promise<Person> {
    const known = this.hired.get(name) ?? this.person(role);
    this.hired.set(name, known);
    return known;
  }

  /** A sign-in with a wrong password. */
  async failedSignIn({ email }: Person): Promise<void> {
    const { status } = await this.app.request('/api/auth/login', { body: { email, password: 'wrong' } });
    if (status !== 401) throw new Error(`A wrong password was answered ${status}.`);
  }

  async person(role: Role): Promise<Person> {
    const [email, password] = [`${randomUUID()}@example.jp`, randomUUID()];
    const { id } = await this.done('/api/auth/users', { body: { email, password, name: '山田 太郎', role } });
    return { id, email, password, token: this.app.token({ sub: id, roles: [role] }) };
  }

  /** The person signs in; answers a token that stands for the session in this app. */
  async session({ id, email, password }: Person): Promise<{ id: string; token: string; refreshToken: string }> {
    const tokens = await this.done<{ accessToken: string; refreshToken: string }>('/api/auth/login', {
      body: { email, password },
    });
    const claims = JSON.parse(Buffer.from(tokens.accessToken.split('.')[1]!, 'base64url').toString()) as {
      sid: string;
    };
    const token = this.app.token({ sub: id, roles: ['SALES'], sid: claims.sid });
    return { id: claims.sid, token, refreshToken: tokens.refreshToken };
  }

  async customer(changes: object = {}): Promise<string> {
    const { id } = await this.done('/api/customers', { body: { ...this.someone(), ...changes } });
    return id;
  }

  someone(): object {
    const unlike = randomUUID();
    return { name: `客 ${unlike}`, email: `${unlike}@example.jp` };
  }

  /** Waiting for the approver, and made by somebody else. */
  async approval(approver: Person, requester: Person): Promise<string> {
    const { id } = await this.done('/api/approvals', { token: requester.token, body: this.wish(approver) });
    return id;
  }

  wish(approver: Person) {
    return { subjectType: 'deal', title: '特別値引き', steps: [{ rule: 'any_of', approvers: [approver.id] }] };
  }

  /** The person has one from now on. */
  async secondFactor(person: Person): Promise<void> {
    const { token } = await this.session(person);
    const body = { code: await this.code(token) };
    await this.done('/api/auth/me/second-factor/confirm', { token, body });
  }

  /** Text that stands nowhere else. */
  unlike(): string {
    return randomUUID();
  }

  newUser(): object {
    return { email: `${randomUUID()}@example.jp`, name: '山田 太郎', role: 'SALES' };
  }

  /** The code of the second factor that the session begins with. */
  async code(token: string): Promise<string> {
    const { seed } = await this.done<{ seed: string }>('/api/auth/me/second-factor', { method: 'POST', token });
    return new TOTP({ secret: Secret.fromBase32(seed) }).generate();
  }

  async of(path: string, body: object): Promise<string> {
    return (await this.done(path, { body })).id;
  }
}
