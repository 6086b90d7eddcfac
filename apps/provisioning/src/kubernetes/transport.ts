import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { ClusterAway, KubernetesUnreachable } from './errors.js';

export interface Request {
  method: 'GET' | 'PATCH' | 'DELETE';
  /** Path and query. */
  path: string;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
  /** Sent even while the gate is closed. */
  probe?: boolean;
}

/** Where a kubeconfig stands; without a path `KUBECONFIG`, `~/.kube/config` or the pod's service account. */
export type KubeconfigSource = { readonly path?: string } | { readonly text: string } | { readonly via: 'in_cluster' };

/** Says whether requests are sent at all, and hears how they end. */
export interface Gate {
  /** Since when and why nothing but probes is sent; undefined while all is. */
  readonly closed: { readonly since: Date; readonly why: string } | undefined;
  answered(): void;
  /** @param waitedMs how long there was no answer, from the moment at which the request was sent */
  unanswered(why: string, waitedMs: number): void;
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
    private readonly gate: Gate | undefined,
  ) {
    const { protocol, hostname, port, pathname } = server;
    // The brackets of an IPv6 address belong to the URL alone.
    this.target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port };
    this.root = pathname.replace(/\/$/, '');
  }

  /** Reads the current context of a kubeconfig. */
  static async connect(source: KubeconfigSource, gate?: Gate): Promise<Transport> {
    // Imported here: it takes most of a second, and not every start needs it.
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    if ('text' in source) config.loadFromString(source.text);
    else if ('via' in source) config.loadFromCluster();
    else if (source.path) config.loadFromFile(source.path);
    else config.loadFromDefault();
    const cluster = config.getCurrentCluster();
    if (!cluster) {
      const which = 'path' in source ? ` ${source.path}` : '';
      throw new Error(`The kubeconfig${which} has no current context with a cluster: set current-context`);
    }
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
    const transport = new Transport(config, server, pool, new Agent({ ...tls }), gate);
    transport.credentials = options.headers as OutgoingHttpHeaders;
    return transport;
  }

  get serverUrl(): string {
    return this.server.origin;
  }

  /** Answers whatever the server says. Throws {@link KubernetesUnreachable}, or the signal's reason when it aborts. */
  async send(request: Request): Promise<Answer> {
    this.refuseWhileClosed(request);
    const answer = await this.attempt(request);
    if (answer.status !== 401) return answer;
    // Tokens expire; the kubeconfig may name a file or program that has a newer one.
    await this.refreshCredentials();
    return this.attempt(request);
  }

  /** Opens a streaming GET; the caller reads or destroys the message. */
  async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const request = { method: 'GET', path, timeoutMs: 0, signal } as const;
    this.refuseWhileClosed(request);
    await this.refreshCredentials();
    return this.observed(() => this.exchange(request, this.watchAgent, signal));
  }

  close(): void {
    this.agent.destroy();
    this.watchAgent.destroy();
  }

  private refuseWhileClosed({ probe }: Request): void {
    const closed = this.gate?.closed;
    if (closed && !probe) throw new ClusterAway(this.serverUrl, closed.why, closed.since);
  }

  /** Tells the gate how it ended. What the caller aborted says nothing. */
  private async observed<Result>(exchange: () => Promise<Result>): Promise<Result> {
    const sentAt = performance.now();
    try {
      const result = await exchange();
      this.gate?.answered();
      return result;
    } catch (error) {
      if (error instanceof KubernetesUnreachable) this.gate?.unanswered(error.message, performance.now() - sentAt);
      throw error;
    }
  }

  private attempt(request: Request): Promise<Answer> {
    return this.observed(() => this.inTime(request));
  }

  private async inTime(request: Request): Promise<Answer> {
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
