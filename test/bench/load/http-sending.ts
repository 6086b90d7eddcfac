import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EventStoreWork, Work } from './load.js';
import { customerBody, draftBody, signedWebhook } from './payloads.js';
import type { Sending } from './sending.js';

type HttpWork = Exclude<Work, EventStoreWork>;

export function sendingOverHttp(work: HttpWork, concurrency: number): Sending {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const next = requestsOf(work);
  return {
    async send() {
      const sent = next();
      const { method } = sent;
      const answer = await exchange(agent, sent);
      return method === 'POST' ? (JSON.parse(answer) as { id: string }) : {};
    },
    async end() {
      agent.destroy();
    },
  };
}

interface Request {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What it has to be answered with; any success where it is left out. */
  readonly status?: number;
}

function requestsOf(work: HttpWork): () => Request {
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
    case 'customer': {
      const headers = { authorization: `Bearer ${work.token}`, 'content-type': 'application/json' };
      return () => ({ url: work.url, method: 'POST', headers, body: customerBody(`${run}-${number++}`) });
    }
    case 'duplicate': {
      const headers = { authorization: `Bearer ${work.token}`, 'content-type': 'application/json' };
      const bodies = work.records.map((record) => JSON.stringify(record));
      return () => ({ url: work.url, method: 'POST', headers, body: bodies[number++ % bodies.length]!, status: 409 });
    }
    case 'note': {
      const headers = { authorization: `Bearer ${work.token}`, 'content-type': 'application/json' };
      return () => {
        const { url, record } = work.customers[number % work.customers.length]!;
        return { url, method: 'PUT', headers, body: JSON.stringify({ ...record, note: `${run}-${number++}` }) };
      };
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

async function exchange(agent: Agent, { url, method, headers, body, status: wanted }: Request): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(url, { agent, method, headers }, (response) => {
    text(response).then((answer) => {
      const status = response.statusCode ?? 0;
      if (wanted === undefined ? status >= 200 && status < 300 : status === wanted) resolve(answer);
      else reject(new Error(`${method} ${new URL(url).pathname} answered ${status}: ${answer.slice(0, 300)}`));
    }, reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}
