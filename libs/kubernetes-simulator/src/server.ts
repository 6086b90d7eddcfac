import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { ApiError, badRequest, notFound } from './api-error.js';
import type { Identity } from './certificates.js';
import { discover } from './discovery.js';
import type { Failures } from './failures.js';
import { apiVersionOf } from './kinds.js';
import type { Json, JsonObject } from './objects.js';
import { RequestLog } from './request-log.js';
import { parseTarget, type Target } from './routes.js';
import { serviceProxy } from './service-proxy.js';
import type { ObjectStore } from './store.js';
import { filterOf, serveWatch } from './watch.js';
import type { DeleteOptions, Writer, WriteOptions, Written } from './writes.js';

const MAX_BODY = 3 * 1024 * 1024;
/** Paths that the real server also serves without a token. */
const PUBLIC = new Set(['/readyz', '/livez', '/healthz', '/version']);
const APPLY = ['application/apply-patch+yaml', 'application/apply-patch+json'];

function checkToken(request: IncomingMessage, token: Buffer): void {
  const given = Buffer.from(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  // All tokens are equally long, so their length is no secret.
  if (given.length === token.length && timingSafeEqual(given, token)) return;
  throw new ApiError(401, 'Unauthorized', 'Unauthorized');
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  let body: Json;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw badRequest('the body must be a JSON object');
  return body;
}

function writeOptions(request: IncomingMessage, target: Target, query: URLSearchParams): WriteOptions {
  const agent = /^[^/\s]+/.exec(request.headers['user-agent'] ?? '')?.[0] ?? 'unknown';
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) {
    throw badRequest(`Invalid value: ["${dryRun.join('","')}"]: supported values: "All"`);
  }
  return {
    manager: query.get('fieldManager') ?? agent,
    force: query.get('force') === 'true',
    dryRun: dryRun.length > 0,
    fieldValidation: query.get('fieldValidation') ?? 'Warn',
    subresource: target.subresource === 'status' ? 'status' : '',
    warnings: [],
  };
}

function deleteOptions(body: JsonObject, query: URLSearchParams): DeleteOptions {
  const given = query.get('propagationPolicy') ?? body['propagationPolicy'];
  const propagation = ['Background', 'Foreground'].find((policy) => policy === given);
  if (given !== undefined && propagation === undefined) {
    const known = 'the simulator knows the propagation policies Background and Foreground';
    throw badRequest(`${known}, not ${JSON.stringify(given)}`);
  }
  return {
    preconditions: (body['preconditions'] ?? {}) as NonNullable<DeleteOptions['preconditions']>,
    propagation,
    dryRun: query.has('dryRun') || body['dryRun'] !== undefined,
  };
}

class Api {
  private readonly token: Buffer;
  private readonly requests = new RequestLog();

  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
    private readonly failures: Failures,
    token: string,
  ) {
    this.token = Buffer.from(token);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://localhost');
    if (!PUBLIC.has(url.pathname)) checkToken(request, this.token);
    if (/^\/(readyz|livez|healthz)$/.test(url.pathname)) return text(response, 200, 'ok');
    const discovered = discover(url.pathname);
    if (discovered !== undefined) return json(response, 200, discovered);
    if (url.pathname === '/simulator/failures') return this.order(request, response);
    if (url.pathname === '/simulator/failures/given') return json(response, 200, { items: this.given() });
    if (url.pathname === '/simulator/requests') return json(response, 200, { items: this.served() });
    const target = parseTarget(url.pathname);
    const known = ['', 'status', 'proxy'].includes(target?.subresource ?? '');
    if (!target || !known) return text(response, 404, '404 page not found\n');
    const watches = ['true', '1'].includes(url.searchParams.get('watch') ?? '');
    const served = watches ? undefined : this.requests.begin(request.method ?? '', target);
    try {
      await this.resource(request, response, target, url.searchParams);
    } finally {
      served?.();
    }
  }

  private async resource(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    query: URLSearchParams,
  ): Promise<void> {
    const { kind, namespace, name, subresource } = target;
    this.failures.check(request.method ?? '', target);
    if (subresource === 'proxy' && kind.kind === 'Service' && request.method === 'GET') {
      return text(response, 200, serviceProxy(this.store, target));
    }
    switch (`${request.method} ${name ? 'one' : 'many'}`) {
      case 'GET many':
        return query.get('watch') === 'true' || query.get('watch') === '1'
          ? serveWatch(this.store, target, query, response)
          : json(response, 200, this.list(target, query));
      case 'GET one':
        return json(response, 200, this.get(target));
      case 'DELETE one': {
        const gone = this.writer.delete(kind, namespace, name, deleteOptions(await readBody(request), query));
        await this.store.flushed();
        return json(response, 200, gone);
      }
      case 'POST many':
      case 'PUT one':
      case 'PATCH one':
        return this.write(request, response, target, writeOptions(request, target, query));
      default:
        throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
    }
  }

  private given(): JsonObject[] {
    return this.failures.given.map((each) => ({ ...each }));
  }

  private served(): JsonObject[] {
    return this.requests.newest.map((each) => ({ ...each }));
  }

  /** The control panel: what is to go wrong. */
  private async order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'PUT') this.failures.order(await readBody(request));
    else if (request.method !== 'GET') throw new ApiError(405, 'MethodNotAllowed', 'use GET or PUT');
    json(response, 200, this.failures.current);
  }

  private async write(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    options: WriteOptions,
  ): Promise<void> {
    const written = this.written(request, target, await readBody(request), options);
    if (!options.dryRun) await this.store.flushed();
    const warning = options.warnings.map((line) => `299 - ${JSON.stringify(line)}`);
    json(response, written.created ? 201 : 200, written.object, warning.length > 0 ? { warning } : {});
  }

  private written(request: IncomingMessage, target: Target, body: JsonObject, options: WriteOptions): Written {
    const { kind, namespace, name } = target;
    if (request.method === 'POST') return this.writer.create(kind, namespace, body, options);
    if (request.method === 'PUT') return this.writer.replace(kind, namespace, name, body, options);
    const type = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
    if (type === 'application/merge-patch+json') return this.writer.patch(kind, namespace, name, body, options);
    if (!APPLY.includes(type)) {
      const supported = ['application/merge-patch+json', ...APPLY].join(', ');
      const message = `the body of the request was in an unknown format - accepted media types include: ${supported}`;
      throw new ApiError(415, 'UnsupportedMediaType', message);
    }
    if (options.manager === '' || !new URL(request.url ?? '/', 'https://localhost').searchParams.has('fieldManager')) {
      const why = 'fieldManager: Required value: is required for apply patch';
      throw new ApiError(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: ${why}`);
    }
    return this.writer.apply(kind, namespace, name, body, options);
  }

  private get({ kind, namespace, name }: Target): Json {
    const found = this.store.get(kind, namespace, name);
    if (!found) throw notFound(kind, name);
    return found;
  }

  private list(target: Target, query: URLSearchParams): Json {
    const matches = filterOf(target, query);
    const items = this.store.list(target.kind, target.namespace).filter(matches);
    return {
      kind: `${target.kind.kind}List`,
      apiVersion: apiVersionOf(target.kind),
      metadata: { resourceVersion: String(this.store.revision) },
      // Like the real server, items of a list do not repeat their kind.
      items: items.map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item),
    };
  }
}

function json(response: ServerResponse, code: number, body: Json, headers: Record<string, string[]> = {}): void {
  const text = JSON.stringify(body);
  // With a length, head and body leave as one piece instead of as chunks.
  const length = { 'content-length': Buffer.byteLength(text) };
  response.writeHead(code, { 'content-type': 'application/json', ...length, ...headers });
  response.end(text);
}

function text(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(body);
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof ApiError) {
    const { retryAfterSeconds: seconds } = (error.details ?? {}) as { retryAfterSeconds?: number };
    return json(
      response,
      error.code,
      error.toStatus(),
      seconds === undefined ? {} : { 'retry-after': [String(seconds)] },
    );
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  json(response, 500, new ApiError(500, 'InternalError', 'Internal error occurred: see the log').toStatus());
}

export function createApiServer(store: ObjectStore, writer: Writer, failures: Failures, identity: Identity): Server {
  const api = new Api(store, writer, failures, identity.token);
  return createServer(
    { cert: identity.certificate, key: identity.key, keepAliveTimeout: 60_000 },
    (request, response) => {
      api.serve(request, response).catch((error: unknown) => answerError(response, error));
    },
  );
}
