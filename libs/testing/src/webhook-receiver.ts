import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSigned, isTimely } from '#libs/webhooks/src/standard-webhook.js';

export interface ReceivedWebhook {
  readonly id: string;
  readonly timestamp: number;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly body: {
    readonly eventId: string;
    readonly eventType: string;
    readonly timestamp: string;
    readonly data: Record<string, unknown>;
  };
}

/** How webhooks are answered: with an HTTP answer, not at all (`hang`), or by closing the connection (`drop`). */
export type WebhookMood =
  | 'hang'
  | 'drop'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** Another system that takes webhooks over HTTP. */
export interface WebhookReceiver {
  /** `http://127.0.0.1:<port>/hooks` */
  readonly url: string;
  readonly port: number;
  /** Everything that came, oldest first, whatever the answer was. */
  readonly received: readonly ReceivedWebhook[];
  mood: WebhookMood;
  /** Whether the webhook is signed with the secret, and the clock is right. */
  verifies(webhook: ReceivedWebhook, secret: string): boolean;
  /** Nobody listens any more. What came stays. */
  stop(): Promise<void>;
}

export async function startWebhookReceiver({ port = 0 } = {}): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  let mood: WebhookMood = { status: 204 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const { headers } = request;
      received.push({
        id: String(headers['webhook-id']),
        timestamp: Number(headers['webhook-timestamp']),
        headers,
        raw,
        body: JSON.parse(raw.toString()) as ReceivedWebhook['body'],
      });
      if (mood === 'drop') request.socket.destroy();
      else if (mood !== 'hang') response.writeHead(mood.status, mood.headers).end(mood.body);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/hooks`,
    port: taken,
    received,
    get mood() {
      return mood;
    },
    set mood(next) {
      mood = next;
    },
    verifies: ({ headers, raw }, secret) => {
      const webhook = {
        id: headers['webhook-id'] as string,
        timestamp: headers['webhook-timestamp'] as string,
        signature: headers['webhook-signature'] as string,
        body: raw,
      };
      return isTimely(webhook, new Date()) && isSigned(webhook, [secret]);
    },
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
