import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { EventStoreDBClient, type JSONType, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import type { Work } from './load.js';
import { draftBody, signedWebhook } from './payloads.js';

/** Sends one request after the other; `id` is that of what was made, where something was made over HTTP. */
export interface Sending {
  send(): Promise<{ readonly id?: string }>;
  end(): Promise<void>;
}

export async function startSending(work: Work, concurrency: number): Promise<Sending> {
  if (work.kind === 'append') return appending(work);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const next = requestsOf(work);
  return {
    async send() {
      const { url, method, headers, body } = next();
      const answer = await exchange(agent, url, method, headers, body);
      return method === 'POST' ? (JSON.parse(answer) as { id: string }) : {};
    },
    async end() {
      agent.destroy();
    },
  };
}

interface Request {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function requestsOf(work: Exclude<Work, { kind: 'append' }>): () => Request {
  const run = randomUUID().slice(0, 8);
  let number = 0;
  switch (work.kind) {
    case 'draft': {
      const headers = { authorization: `Bearer ${work.token}`, 'content-type': 'application/json' };
      return () => ({ url: work.url, method: 'POST', headers, body: draftBody(`${run}-${number++}`) });
    }
    case 'get': {
      const headers = { authorization: `Bearer ${work.token}` };
      return () => ({ url: work.urls[number++ % work.urls.length]!, method: 'GET', headers });
    }
    case 'webhook':
      return () => ({
        url: work.url,
        method: 'POST',
        ...signedWebhook(work.secret, `${run}-${number}`, number++ % work.customers),
      });
    default:
      throw new Error(`Unknown work: ${JSON.stringify(work satisfies never)}`);
  }
}

async function exchange(
  agent: Agent,
  url: string,
  method: string,
  headers: Request['headers'],
  body: string | undefined,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(url, { agent, method, headers }, (response) => {
    text(response).then((answer) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve(answer);
      else reject(new Error(`${method} ${new URL(url).pathname} answered ${status}: ${answer.slice(0, 300)}`));
    }, reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

function appending({ eventStoreUrl, event }: Extract<Work, { kind: 'append' }>): Sending {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  return {
    async send() {
      const { type, data, metadata } = event;
      const fresh = jsonEvent({ id: randomUUID(), type, data: data as JSONType, metadata: metadata as JSONType });
      await client.appendToStream(`contract-${randomUUID()}`, fresh, { expectedRevision: NO_STREAM });
      return {};
    },
    end: () => client.dispose(),
  };
}
