import { randomBytes } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { Role } from '#libs/events/src/identity.js';
import type { LogOptions } from '#libs/http/src/logging.js';
import { createService, startService } from '#libs/service/src/service.js';
import { createTestDatabase } from './database.js';
import { type EventStoreServer, startEventStoreServer } from './event-store-server.js';
import { testRedisUrl } from './redis.js';
import { startTokenIssuer, type TokenRequest } from './token-issuer.js';

export interface TestAppOptions {
  /** The modules of the contexts under test, like `[ContractModule]`. */
  readonly modules: readonly Type[];
  /** Names of the contexts; each gets a database of its own in `<CONTEXT>_DATABASE_URL`. */
  readonly contexts: readonly string[];
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Silent, unless given. */
  readonly logger?: LogOptions;
}

export interface TestRequest {
  readonly method?: string;
  /** A caller with this role; without `role` and `token` the request carries no token. */
  readonly role?: Role;
  readonly token?: string;
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestResponse<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; the text itself where it is no JSON. */
  readonly body: Body;
}

/** An app that serves HTTP on real stores of its own. */
export interface TestApp {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly store: EventStore;
  /** For tests that take it away. */
  readonly eventStore: EventStoreServer;
  /** Of the key database. */
  readonly keysUrl: string;
  /** By context name. */
  readonly databaseUrls: ReadonlyMap<string, string>;
  /** An access token, for example with a `sub` of its own. */
  token(request?: TokenRequest): string;
  /** `path` starts with `/api`. */
  request<Body = unknown>(path: string, request?: TestRequest): Promise<TestResponse<Body>>;
  /** The stored events of one stream, with their personal values. */
  events(stream: string): Promise<readonly RecordedEvent[]>;
  /** The stored events of the whole log, or of the given types. */
  log(...types: readonly string[]): Promise<readonly RecordedEvent[]>;
  close(): Promise<void>;
}

/**
 * Starts contexts as production does, in one process on a port of its own, with its own event store server, databases
 * and token keys, and with their policies running. One app per spec file at a time: the modules read their settings
 * from `process.env`.
 */
export async function startTestApp(options: TestAppOptions): Promise<TestApp> {
  const [eventStore, issuer, redisUrl, keys, ...databases] = await Promise.all([
    startEventStoreServer(),
    startTokenIssuer(),
    testRedisUrl(),
    createTestDatabase('personal_keys'),
    ...options.contexts.map(async (context) => ({ context, ...(await createTestDatabase(context)) })),
  ]);
  Object.assign(process.env, {
    EVENTSTORE_URL: eventStore.url,
    REDIS_URL: redisUrl,
    JWKS_URL: issuer.jwksUrl,
    PUBLIC_URL: 'http://127.0.0.1:3000',
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PERSONAL_KEYS_DATABASE_URL: keys.url,
    ...Object.fromEntries(databases.map(({ context, url }) => [databaseVariable(context), url])),
    ...options.env,
  });

  const app = await createService({
    name: 'test',
    contexts: options.modules,
    logger: options.logger ?? { level: 'silent' },
  });
  const url = `http://127.0.0.1:${await startService(app, options.port ?? 0)}`;
  const store = app.get(EventStore);

  return {
    url,
    app,
    store,
    eventStore,
    keysUrl: keys.url,
    databaseUrls: new Map(databases.map((database) => [database.context, database.url])),
    token: (request) => issuer.token(request),
    request: async <Body>(path: string, { role, token, ...request }: TestRequest = {}) => {
      const bearer = token ?? (role && issuer.token({ roles: [role], sub: `test-${role.toLowerCase()}` }));
      return send<Body>(url + path, request, bearer);
    },
    events: async (stream) => {
      const events: RecordedEvent[] = [];
      for await (const event of store.readStream(stream, 0, { addresses: true })) events.push(event);
      return events;
    },
    log: async (...types) => {
      const entries = await store.readLog(undefined, 10_000);
      const events = entries.flatMap(({ event }) => event ?? []);
      const wanted = events.filter(({ type }) => types.length === 0 || types.includes(type));
      return store.personal.open(wanted, { addresses: true });
    },
    close: async () => {
      await app.close();
      await Promise.all([
        eventStore.stop(),
        issuer.stop(),
        keys.drop(),
        ...databases.map((database) => database.drop()),
      ]);
    },
  };
}

async function send<Body>(
  url: string,
  { method, body, headers }: TestRequest,
  bearer: string | undefined,
): Promise<TestResponse<Body>> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as Body };
}

function databaseVariable(context: string): string {
  return `${context.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
}
