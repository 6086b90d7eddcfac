import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KubernetesClient } from '#apps/provisioning/src/kubernetes/kubernetes-client.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { record, startBrowser } from '#libs/testing/src/browser.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { Crm } from '../../scripts/demo/crm.js';
import { findEnvironment, sentMail } from '../../scripts/demo/follow.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { mailFile } from '../../scripts/demo/report.js';

let stack: Stack;
let browser: Browser;
let api: KeiyakuApi;
let cluster: KubernetesClient;
const dataDir = makeTemporaryFolder();

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ dataDir, suite: true, ports: { suite: 0 } }), startBrowser()]);
  const clients = JSON.parse(readFileSync(join(dataDir, 'service-clients.json'), 'utf8')) as Record<string, string>[];
  const { id, secret } = clients.find((client) => client['id'] === 'crm')!;
  api = await KeiyakuApi.signIn(new URL(stack.urls.api).origin, { id: id!, secret: secret! });
  cluster = await KubernetesClient.fromKubeconfig(stack.env['KUBECONFIG']);
}, 120_000);

afterAll(async () => {
  cluster.close();
  await browser.close();
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Customer {
  readonly environmentId: string;
  /** The one-time link of the mail, with its token. */
  readonly link: string;
  readonly token: string;
}

/** A new customer signs; answers when the mail is there. */
async function customer(): Promise<Customer> {
  const crm = new Crm(dataDir, api);
  const signal = AbortSignal.timeout(60_000);
  const signed = await crm.signContract();
  const { environmentId } = await findEnvironment(api, signed.customer.id, signal);
  const mail = mailFile(stack.mailsFolder, await sentMail(api, environmentId, 'environment_ready', signal));
  crm.finished();
  const { text = '' } = await PostalMime.parse(readFileSync(mail!));
  const [link, token] = /http\S+\/credentials#([\w-]{43})/.exec(text)!;
  return { environmentId, link, token: token! };
}

interface Secrets {
  readonly url: string;
  readonly administrator: string;
  readonly password: string;
}

/** What the customer's environment has in the cluster. */
async function inCluster(environmentId: string): Promise<Secrets> {
  const { namespace, url } = await api.get<{ namespace: string; url: string }>(`/api/environments/${environmentId}`);
  const secret = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: 'administrator' });
  const { username, password } = secret!['data'] as { username: string; password: string };
  const plain = (base64: string): string => Buffer.from(base64, 'base64').toString();
  return { url, administrator: plain(username), password: plain(password) };
}

async function redemptions(environmentId: string): Promise<number> {
  const path = `/api/environments/${environmentId}/timeline?limit=200`;
  const { items } = await api.get<{ items: { eventType: string }[] }>(path);
  return items.filter(({ eventType }) => eventType === 'environment.credential_redeemed').length;
}

/** A visitor with a profile of their own. */
async function visit(link: string, options: BrowserContextOptions = { locale: 'ja-JP' }): Promise<Page> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  await page.goto(link);
  return page;
}

/** The headings, paragraphs and labels that the visitor sees. */
async function shown(page: Page): Promise<string> {
  return page.locator('main').innerText();
}

async function click(page: Page): Promise<void> {
  await page.locator('#show').click();
  await page.locator('#ask').waitFor({ state: 'hidden' });
}

async function values(page: Page): Promise<Secrets> {
  const [url, administrator, password] = await Promise.all(
    ['#url', '#administrator', '#password'].map((id) => page.locator(id).innerText()),
  );
  return { url: url!, administrator: administrator!, password: password! };
}

it('shows the password of the cluster after one click, once, and leaves it nowhere', { timeout: 90_000 }, async () => {
  const { environmentId, link, token } = await customer();
  const page = await visit('about:blank');
  const { requests, complaints } = record(page);
  const headers = new Map<string, Record<string, string>>();
  page.on('response', (response) => headers.set(new URL(response.url()).pathname, response.headers()));
  await page.goto(link);
  expect(await shown(page)).toContain('パスワードを表示できるのは一度だけです。');
  expect(await page.locator('#password').isVisible()).toBe(false);
  expect(requests.some((url) => url.includes('redeem'))).toBe(false);

  await click(page);
  const secrets = await inCluster(environmentId);
  expect(await values(page)).toEqual(secrets);
  expect(await shown(page)).toContain('このリンクは使用済みになりました。');
  expect(await page.locator('#url').getAttribute('href')).toBe(secrets.url);
  expect(page.url()).toBe(link.split('#')[0]);
  await eventually(async () => expect(await redemptions(environmentId)).toBe(1));

  expect(complaints).toEqual([]);
  const { origin } = new URL(link);
  const paths = ['/credentials', '/credentials/page.css', '/credentials/page.js', '/api/credentials/redeem'];
  expect(requests.filter((url) => !url.startsWith('data:')).toSorted()).toEqual(
    paths.map((path) => origin + path).toSorted(),
  );
  for (const path of paths) {
    expect(headers.get(path), path).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  }
  const logs = join(dataDir, 'logs');
  await eventually(() => expect(readFileSync(join(logs, 'suite.log'), 'utf8')).toContain('/api/credentials/redeem'));
  for (const file of readdirSync(logs)) {
    const text = readFileSync(join(logs, file), 'utf8');
    for (const secret of [token, secrets.password]) expect(text.includes(secret), file).toBe(false);
  }

  await page.reload();
  expect(await shown(page)).toContain('すでに使用されたか');
  expect(await shown(page)).toContain('新しいリンクをご依頼ください');
});

it('is not used up by programs that open the links of a mail', async () => {
  const { environmentId, link } = await customer();
  for (const method of ['HEAD', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
  const scanner = await visit(link);
  await scanner.waitForLoadState('networkidle');

  const page = await visit(link);
  await click(page);
  expect(await values(page)).toEqual(await inCluster(environmentId));
});

it('says in the language of the browser that a link was used, and what to do', async () => {
  const { link } = await customer();
  await click(await visit(link));

  const japanese = await visit(link);
  await click(japanese);
  expect(await shown(japanese)).toContain('このリンクは使えません');
  const english = await visit(link, { locale: 'en-GB' });
  const { complaints } = record(english);
  expect(await shown(english)).toContain('The password can be shown only once.');
  await click(english);
  expect(await shown(english)).toContain('It was used already, has expired or is incomplete.');
  expect(await shown(english)).toContain('Ask the support team named in our mail for a new link.');
  // How Chromium notes every answer from 400 up.
  expect(complaints).toEqual([expect.stringContaining('410 (Gone)')]);
});

it.each([
  ['no token', ''],
  ['a token that never existed', 'x'.repeat(43)],
  ['something that is no token', 'x'.repeat(500)],
])('says the same of a link with %s', async (_, token) => {
  const page = await visit(`${new URL(stack.urls.api).origin}/credentials#${token}`, { locale: 'en' });
  if (token) await click(page);
  expect(await shown(page)).toContain('It was used already, has expired or is incomplete.');
});

it('takes another link that is opened in the same tab', async () => {
  const { environmentId, link } = await customer();
  const page = await visit(`${link.split('#')[0]}#${'x'.repeat(43)}`);
  await click(page);
  await page.goto(link);
  await click(page);
  expect(await values(page)).toEqual(await inCluster(environmentId));
});

it('asks to try again while the network is away, and then works', async () => {
  const { environmentId, link } = await customer();
  const page = await visit(link, { locale: 'en' });
  await page.context().setOffline(true);
  await page.locator('#show').click();
  await page.getByText('Try again in a moment.').waitFor();
  await page.context().setOffline(false);
  await click(page);
  expect(await values(page)).toEqual(await inCluster(environmentId));
});

describe('the copy button', () => {
  it('copies the value and says so', async () => {
    const { link } = await customer();
    const page = await visit(link, { locale: 'en', permissions: ['clipboard-read', 'clipboard-write'] });
    await click(page);
    const button = page.locator('[data-copy=password]');
    await button.click();
    await expect.poll(() => button.innerText()).toBe('Copied');
    const { password } = await values(page);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(password);
  });

  it('selects the value where the browser forbids to copy', async () => {
    const { link } = await customer();
    const page = await visit(link, { permissions: [] });
    const { complaints } = record(page);
    await click(page);
    const button = page.locator('[data-copy=password]');
    await button.click();
    await button.waitFor({ state: 'hidden' });
    expect(await page.evaluate('getSelection().toString()')).toBe((await values(page)).password);
    expect(complaints).toEqual([]);
  });

  it('is not there where pages cannot copy: over plain HTTP', async () => {
    const { environmentId, link } = await customer();
    const page = await visit(link.replace('127.0.0.1', 'keiyaku.test'));
    const { complaints } = record(page);
    await click(page);
    expect(await values(page)).toEqual(await inCluster(environmentId));
    expect(await page.locator('[data-copy]:visible').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
