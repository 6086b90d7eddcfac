import { status } from '@grpc/grpc-js';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Access } from './access.js';
import { toCallError } from './errors.js';
import type { EventLog } from './event-log.js';
import type { Gossip } from './gossip.js';
import { version } from './server-features.js';
import { flatten } from './statistics.js';
import type { Group, Statistics } from './statistics.js';

/** Imported as a module it loads all of fetch with it, which costs a start 60 ms of processor time. */
const { createServer } = process.getBuiltinModule('node:http');

/** A connection that is silent for so long is ended. */
const silenceMs = 10_000;

export interface Node {
  readonly log: EventLog;
  readonly gossip: Gossip;
  readonly statistics: Statistics;
  readonly access: Access;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

interface Request {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authority: string | undefined;
}

/** Undefined: there is nothing at that path. */
type Page = (node: Node, request: Request) => unknown;

const pages: Readonly<Record<string, Page>> = {
  '/ping': () => ({ msgTypeId: 0, text: 'Ping request successfully handled' }),
  '/info': ({ access: { isSecure } }) => ({
    esVersion: version,
    state: 'leader',
    features: { projections: false, userManagement: isSecure, atomPub: false },
    authentication: { type: isSecure ? 'internal' : 'insecure' },
  }),
  '/gossip': gossipPage,
  '/stats': statsPage,
};

/** What operators and load balancers ask by HTTP/1.1. It does not listen: the port gives it its connections. */
export function createHttp1Server(node: Node): Server {
  const server = createServer((request, response) => {
    answerTo(node, request)
      .catch(toAnswer)
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  });
  server.timeout = silenceMs;
  return server;
}

function send(response: ServerResponse, { status: code, headers, body }: Answer): void {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(code, { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers });
  response.end(text);
}

const unauthenticated: Answer = { status: 401, headers: { 'www-authenticate': 'Basic realm="Event Store"' } };

function toAnswer(error: unknown): Answer {
  const { code } = toCallError(error);
  return code === status.UNAUTHENTICATED ? unauthenticated : { status: 500 };
}

async function answerTo(node: Node, { method = '', url = '', headers }: IncomingMessage): Promise<Answer> {
  const caller = await node.access.identify(headers.authorization);
  if (!URL.canParse(url, 'http://node')) return { status: 400 };
  const { pathname: path, searchParams: query } = new URL(url, 'http://node');
  const page = pageAt(path);
  if (path !== '/health/live' && page === undefined) return { status: 404 };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } };
  if (page === statsPage && caller.name === undefined) return unauthenticated;
  // Whoever gets an answer has it from a node that is ready: the port opens last.
  if (page === undefined) return { status: 204 };
  const body = page(node, { path, query, authority: headers.host });
  return body === undefined ? { status: 404 } : { status: 200, body };
}

function pageAt(path: string): Page | undefined {
  if (path.startsWith('/stats/')) return statsPage;
  return Object.hasOwn(pages, path) ? pages[path] : undefined;
}

/** All of them, or those under a path like `/stats/proc/diskIo`. */
function statsPage({ statistics }: Node, { path, query }: Request): Group | string | number | undefined {
  let found: Group | string | number | undefined = statistics.read();
  for (const name of path.split('/').slice(2)) {
    found = typeof found === 'object' && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return typeof found === 'object' && query.get('group') === 'false' ? flatten(found) : found;
}

function gossipPage({ gossip, log }: Node, { authority }: Request): unknown {
  const { address, port } = gossip.endpointFor(authority);
  const { end } = log.storage;
  return {
    members: [
      {
        instanceId: gossip.instanceId,
        timeStamp: new Date().toISOString(),
        state: 'Leader',
        isAlive: true,
        httpEndPointIp: address,
        httpEndPointPort: port,
        lastCommitPosition: end,
        writerCheckpoint: end,
        isReadOnlyReplica: false,
      },
    ],
    serverIp: address,
    serverPort: port,
  };
}
