import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service behind the gateway: a server of its own, which notes what reaches it. */
export interface SpecService {
  readonly url: string;
  readonly requests: readonly { method: string; url: string; headers: IncomingHttpHeaders; body: Buffer }[];
  /** How it answers from now on, once the whole body is there. */
  answer(how: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Gets every request at once, before its body is there. */
  take(how: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Nothing listens any more; connections break. */
  stop(): Promise<void>;
}

export async function startSpecService(name: string): Promise<SpecService> {
  const requests: { method: string; url: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const json = (response: ServerResponse): void =>
    void response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ service: name }));
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => json(response);
  let take: typeof answer | undefined;
  const server = createServer((request, response) => {
    if (take) return take(request, response);
    void readWhole(request).then((body) => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (how) => void ((answer = how), (take = undefined)),
    take: (how) => void (take = how),
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
