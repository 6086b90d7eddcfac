import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in, over HTTP, for identity's machine tokens and provisioning's one-time credential links. */
export interface CredentialLinksServer {
  /** For `PUBLIC_URL`. */
  readonly url: string;
  /** For `SERVICE_CLIENT_ID` and `SERVICE_CLIENT_SECRET`. */
  readonly client: { readonly id: string; readonly secret: string };
  /** Every link that was issued, oldest first. */
  readonly links: readonly { readonly environmentId: string; readonly url: string }[];
  /** How often a link was asked for. */
  readonly requests: number;
  /** Status of the answers for links: 201 issues them. */
  status: number;
  stop(): Promise<void>;
}

const route = /^\/api\/environments\/([^/]+)\/credential-links$/;

export async function startCredentialLinksServer(): Promise<CredentialLinksServer> {
  const client = { id: 'notification', secret: randomUUID() };
  const accessToken = randomUUID();
  const links: { environmentId: string; url: string }[] = [];
  let requests = 0;
  let status = 201;

  const answer = async (request: IncomingMessage): Promise<{ code: number; body: object }> => {
    if (request.method === 'POST' && request.url === '/api/auth/token') {
      const { client_id, client_secret } = (await json(request)) as Record<string, unknown>;
      if (client_id !== client.id || client_secret !== client.secret) return { code: 401, body: {} };
      return { code: 200, body: { access_token: accessToken, token_type: 'Bearer', expires_in: 900 } };
    }
    const environmentId = route.exec(request.url ?? '')?.[1];
    if (request.method !== 'POST' || environmentId === undefined) return { code: 404, body: {} };
    requests += 1;
    if (request.headers.authorization !== `Bearer ${accessToken}`) return { code: 401, body: {} };
    if (status !== 201) return { code: status, body: { detail: 'as asked' } };
    const link = { environmentId, url: `https://keiyaku.example/credentials/${randomUUID()}` };
    links.push(link);
    return { code: 201, body: { url: link.url, expiresAt: new Date(Date.now() + 86_400_000).toISOString() } };
  };

  const server = createServer((request, response) => {
    void answer(request).then(({ code, body }) => {
      response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    client,
    links,
    get requests() {
      return requests;
    },
    get status() {
      return status;
    },
    set status(next) {
      status = next;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function json(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}
