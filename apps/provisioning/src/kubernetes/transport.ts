import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { KubernetesUnreachable } from './errors.js';

export interface Request {
  method: 'GET' | 'PATCH' | 'DELETE';
  /** Path and query. */
  path: string;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

const MAX_SOCKETS = 8;
const USER_AGENT = 'keiyaku-provisioning';

/** One kept-alive connection pool to one API server, with the kubeconfig's credentials. */
export class Transport {
  private credentials: OutgoingHttpHeaders = {};
  private readonly target: Pick<RequestOptions, 'protocol' | 'hostname' | 'port'>;
  /** Path of the server's address, like that of a proxy before many clusters. */
  private readonly root: string;

  private constructor(
    private readonly config: KubeConfig,
    private readonly server: URL,
    private readonly agent: http.Agent,
    /** Watches hold their sockets for minutes; in the pool they would starve everything else. */
    private readonly watchAgent: http.Agent,
  ) {
    const { protocol, hostname, port, pathname } = server;
    // The brackets of an IPv6 address belong to the URL alone.
    this.target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port };
    this.root = pathname.replace(/\/$/, '');
  }

  /** Reads the kubeconfig's current context, or the default lookup of `kubectl` when no path is given. */
  static async fromKubeconfig(path: string | undefined): Promise<Transport> {
    // Imported here: it takes most of a second, and not every start needs it.
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    if (path) config.loadFromFile(path);
    else config.loadFromDefault();
    const cluster = config.getCurrentCluster();
    if (!cluster)
      throw new Error(
        `The kubeconfig ${path ?? '(default)'} has no current context with a cluster: set current-context`,
      );
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const tls = Object.fromEntries(
      Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const server = new URL(cluster.server);
    const { Agent } = server.protocol === 'http:' ? http : https;
    const pool = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...tls });
    const transport = new Transport(config, server, pool, new Agent({ ...tls }));
    transport.credentials = options.headers as OutgoingHttpHeaders;
    return transport;
  }

  get serverUrl(): string {
    return this.server.origin;
  }

  /** Answers whatever the server says. Throws {@link KubernetesUnreachable}, or the signal's reason when it aborts. */
  async send(request: Request): Promise<Answer> {
    const answer = await this.attempt(request);
    if (answer.status !== 401) return answer;
    // Tokens expire; the kubeconfig may name a file or program that has a newer one.
    await this.refreshCredentials();
    return this.attempt(request);
  }

  /** Opens a streaming GET; the caller reads or destroys the message. */
  async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    await this.refreshCredentials();
    return this.exchange({ method: 'GET', path, timeoutMs: 0, signal }, this.watchAgent, signal);
  }

  close(): void {
    this.agent.destroy();
    this.watchAgent.destroy();
  }

  private async attempt(request: Request): Promise<Answer> {
    request.signal?.throwIfAborted();
    // One controller with a timer that is cleared: composed signals and their time-outs outlive the request.
    const ending = new AbortController();
    const end = (): void => ending.abort();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      ending.abort();
    }, request.timeoutMs);
    request.signal?.addEventListener('abort', end, { once: true });
    try {
      const message = await this.exchange(request, this.agent, ending.signal);
      return { status: message.statusCode ?? 0, headers: message.headers, text: await textOf(message) };
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      if (late) throw new KubernetesUnreachable(this.serverUrl, `no answer within ${request.timeoutMs / 1000} s`);
      if (error instanceof KubernetesUnreachable) throw error;
      throw new KubernetesUnreachable(this.serverUrl, (error as Error).message, { cause: error });
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', end);
    }
  }

  private exchange(request: Request, agent: http.Agent, signal: AbortSignal, again = true): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const { request: open } = this.server.protocol === 'http:' ? http : https;
    return new Promise((resolve, reject) => {
      const outgoing = open(
        {
          ...this.target,
          path: this.root + request.path,
          agent,
          method: request.method,
          signal,
          headers: {
            ...this.credentials,
            accept: 'application/json',
            'user-agent': USER_AGENT,
            ...(body !== undefined && {
              'content-type': request.contentType ?? 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
          },
        },
        resolve,
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed an idle connection just as we took it from the pool; all our requests can be repeated.
        if (again && outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
          resolve(this.exchange(request, agent, signal, false));
        } else
          reject(
            signal.aborted
              ? error
              : new KubernetesUnreachable(this.serverUrl, error.message || String(error.code), { cause: error }),
          );
      });
      outgoing.end(body);
    });
  }

  private async refreshCredentials(): Promise<void> {
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    this.credentials = options.headers as OutgoingHttpHeaders;
  }
}

function textOf(message: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    message.setEncoding('utf8');
    message.on('data', (chunk: string) => (text += chunk));
    message.on('end', () => resolve(text));
    message.on('error', reject);
    message.on('aborted', () => reject(new Error('the connection broke in the middle of an answer')));
  });
}

/** The lines of a streamed body, without empty ones. */
export async function* readLines(message: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of message.setEncoding('utf8') as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line !== '');
  }
}
