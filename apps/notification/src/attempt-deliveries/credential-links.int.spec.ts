import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceTokens } from '#libs/auth/src/service-token.js';
import { startCredentialLinksServer } from '#libs/testing/src/credential-links-server.js';
import { CredentialLinkError, CredentialLinks } from './credential-links.js';

/** A system that gives tokens, and this answer for a link. */
async function systemThatAnswers(answer: string): Promise<CredentialLinks> {
  const token = JSON.stringify({ access_token: 'spec', token_type: 'Bearer', expires_in: 900 });
  const server = createServer((request, response) => {
    response.writeHead(200).end(request.url === '/api/auth/token' ? token : answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const client = { publicUrl: `http://127.0.0.1:${port}`, clientId: 'spec', clientSecret: 'spec' };
  return new CredentialLinks(new ServiceTokens(client));
}

describe('a credential link', () => {
  it('is asked for with a machine token', async () => {
    const system = await startCredentialLinksServer();
    onTestFinished(() => system.stop());
    const { id: clientId, secret: clientSecret } = system.client;
    const links = new CredentialLinks(new ServiceTokens({ publicUrl: system.url, clientId, clientSecret }));
    const { url, expiresAt } = await links.issue('3a1f7c1c');
    expect(system.links).toEqual([{ environmentId: '3a1f7c1c', url }]);
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
  });

  it.each([401, 403, 404, 409, 500])('is missing when the answer is %d', async (status) => {
    const system = await startCredentialLinksServer();
    onTestFinished(() => system.stop());
    system.status = status;
    const { id: clientId, secret: clientSecret } = system.client;
    const links = new CredentialLinks(new ServiceTokens({ publicUrl: system.url, clientId, clientSecret }));
    await expect(links.issue('3a1f7c1c')).rejects.toThrow(
      `The credential link could not be fetched: the answer was ${status}.`,
    );
  });

  it.each([
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['no link', '{"expiresAt":"2026-01-05T09:00:00Z"}'],
    ['a script', '{"url":"javascript:alert(1)","expiresAt":"2026-01-05T09:00:00Z"}'],
    ['more than one line', '{"url":"https://a.example/\\r\\nx","expiresAt":"2026-01-05T09:00:00Z"}'],
    ['no end', '{"url":"https://a.example/x"}'],
    ['no date', '{"url":"https://a.example/x","expiresAt":"soon"}'],
  ])('is refused when the answer has %s', async (_what, answer) => {
    const links = await systemThatAnswers(answer);
    const error: unknown = await links.issue('3a1f7c1c').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CredentialLinkError);
    expect((error as Error).message).toBe('The credential link could not be fetched: the answer names no link.');
  });

  it('is missing when the machine client is refused, and the error says what to check', async () => {
    const system = await startCredentialLinksServer();
    onTestFinished(() => system.stop());
    const client = { publicUrl: system.url, clientId: 'notification', clientSecret: 'wrong' };
    await expect(new CredentialLinks(new ServiceTokens(client)).issue('3a1f7c1c')).rejects.toThrow(
      `${system.url} refused the machine client notification (401). Check SERVICE_CLIENT_ID and SERVICE_CLIENT_SECRET.`,
    );
    expect(system.requests).toBe(0);
  });

  it('is missing when nobody answers', async () => {
    const system = await startCredentialLinksServer();
    const { id: clientId, secret: clientSecret } = system.client;
    const links = new CredentialLinks(new ServiceTokens({ publicUrl: system.url, clientId, clientSecret }));
    await links.issue('3a1f7c1c');
    await system.stop();
    await expect(links.issue('3a1f7c1c')).rejects.toThrow('The credential link could not be fetched: no answer.');
  });
});
