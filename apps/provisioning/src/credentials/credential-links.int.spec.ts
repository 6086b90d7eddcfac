import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { script } from '../credential-page/page-assets.js';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp } from '../spec-provisioning.js';

let app: ProvisioningApp;
let database: Client;

beforeAll(async () => {
  app = await startProvisioningApp();
  database = new Client(app.databaseUrls.get('provisioning'));
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await app.close();
});

async function ready(): Promise<string> {
  const id = await sign(app, contract());
  await inStatus(app, id, 'ready');
  return id;
}

async function issue(id: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await app.request<{ url: string; expiresAt: string }>(`/api/environments/${id}/credential-links`, {
    method: 'POST',
    role: 'SERVICE',
    headers,
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body.url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/credentials#[\w-]{43}$/);
  return answer.body.url.split('#')[1] ?? '';
}

function redeem(token: string) {
  return app.request<{ url: string; administrator: string; password: string; detail: string }>(
    '/api/credentials/redeem',
    { body: { token } },
  );
}

const gone = {
  status: 410,
  body: { code: 'credential_link_gone', detail: expect.stringContaining('Ask our support') },
};

describe('a credential link', () => {
  it('shows the credential once, and that stands in the log', async () => {
    const id = await ready();
    const token = await issue(id);
    const first = await redeem(token);
    expect(first).toMatchObject({
      status: 200,
      body: { url: expect.stringMatching(/^https:\/\/company-/), administrator: expect.stringMatching(/^admin@/) },
    });
    expect(first.body.password).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await redeem(token)).toMatchObject(gone);
    const types = (await app.events(`environment-${id}`)).map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['environment.credential_link_issued', 'environment.credential_redeemed']);
  });

  it('is shown to one of many who come at once', async () => {
    const token = await issue(await ready());
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => redeem(token)))).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 7 }, () => 410)]);
  });

  it('lives beside earlier ones until one of them is used', async () => {
    const id = await ready();
    const [first, second] = [await issue(id), await issue(id)];
    const answers = await Promise.all([redeem(first), redeem(second)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410]);
    expect(await redeem(first)).toMatchObject(gone);
    expect(await redeem(second)).toMatchObject(gone);
  });

  it('leaves the links of other environments alone', async () => {
    const [one, other] = [await ready(), await ready()];
    const [first, second] = [await issue(one), await issue(other)];
    expect((await redeem(first)).status).toBe(200);
    expect((await redeem(second)).status).toBe(200);
  });

  it('answers the same whether it expired, was used or never existed', async () => {
    const id = await ready();
    const token = await issue(id);
    await database.query('update credential_links set expires_at = now() where environment_id = $1', [id]);
    const expired = await redeem(token);
    const unknown = await redeem('x'.repeat(43));
    expect(expired).toMatchObject(gone);
    expect(unknown).toMatchObject(gone);
    expect(expired.body.detail).toBe(unknown.body.detail);
  });

  it('stands in the database as a hash only, beside a sealed password', async () => {
    const id = await ready();
    const token = await issue(id);
    const { password } = (await redeem(token)).body;
    const tables = ['credential_links', 'environment_credentials', 'environment_list', 'environment_work'];
    for (const table of tables) {
      const { rows } = await database.query<{ row: unknown }>(`select to_jsonb(t) as row from ${table} t`);
      expect(JSON.stringify(rows)).not.toContain(token);
      expect(JSON.stringify(rows)).not.toContain(password);
    }
    const log = JSON.stringify((await app.log()).map(({ data, metadata }) => [data, metadata]));
    expect(log).not.toContain(token);
    expect(log).not.toContain(password);
  });

  it('is one link when the same request comes twice; the answer that came last counts', async () => {
    const id = await ready();
    const headers = { 'idempotency-key': 'mail-1' };
    const [lost, kept] = [await issue(id, headers), await issue(id, headers)];
    expect(await redeem(lost)).toMatchObject(gone);
    expect((await redeem(kept)).status).toBe(200);
    const issued = (await app.events(`environment-${id}`)).filter(
      ({ type }) => type === 'environment.credential_link_issued',
    );
    expect(issued).toHaveLength(1);
  });

  it('is refused before the environment is ready', async () => {
    const terms = { ...contract().terms, plan: 'gold' };
    const id = await sign(app, contract({ terms }));
    await inStatus(app, id, 'needs_attention');
    const answer = await app.request(`/api/environments/${id}/credential-links`, { method: 'POST', role: 'SERVICE' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'environment_not_ready' } });
    const { rowCount } = await database.query('select from credential_links where environment_id = $1', [id]);
    expect(rowCount).toBe(0);
  });

  it.each([{}, { token: 1 }, { token: '' }, { token: 'x'.repeat(201) }, { token: 'x', more: 1 }])(
    'says what is wrong with the body %j',
    async (body) => {
      const answer = await app.request('/api/credentials/redeem', { body });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    },
  );
});

describe('the page behind the link', () => {
  it('runs a script that parses', () => {
    expect(new Script(script)).toBeInstanceOf(Script);
  });

  it.each([
    ['ja-JP,ja;q=0.9', 'ja', 'パスワードを表示する'],
    ['de-DE,en;q=0.9', 'en', 'Show the password'],
  ])('asks somebody who reads %s before it uses the link up, and leaves no trace', async (wanted, language, button) => {
    const page = await app.request<string>('/credentials', { headers: { 'accept-language': wanted } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-language')).toBe(language);
    expect(page.headers.get('vary')).toContain('Accept-Language');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.body).toContain(`<html lang="${language}">`);
    expect(page.body).toContain(button);
    expect(page.body).not.toMatch(/<script>|style=|onclick/);
  });

  it.each([
    ['/credentials/page.js', 'text/javascript; charset=utf-8'],
    ['/credentials/page.css', 'text/css; charset=utf-8'],
  ])('loads %s', async (path, type) => {
    const answer = await app.request<string>(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
  });

  it.each([
    ['ja-JP,ja;q=0.9', 'ja', 'ご利用を停止しています'],
    ['de-DE,en;q=0.9', 'en', 'This service is suspended'],
  ])('tells a visitor of a suspended environment who reads %s', async (wanted, language, title) => {
    const page = await app.request<string>('/suspended', { headers: { 'accept-language': wanted } });
    expect(page.status).toBe(503);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-language')).toBe(language);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.body).toContain(`<h1>${title}</h1>`);
    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(page.body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`);
  });
});
