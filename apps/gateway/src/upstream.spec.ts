import 'reflect-metadata';
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import replyFrom from '@fastify/reply-from';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp, listen } from '#libs/http/src/bootstrap.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { type SpecService, startSpecService } from './spec-service.js';
import { Upstream } from './upstream.js';

@Module({})
class NothingModule {}

let service: SpecService;
let upstream: Upstream;
let app: NestFastifyApplication;
let origin: string;
let forwarded: Promise<void>[];
let left: Promise<unknown>[];

beforeAll(async () => {
  service = await startSpecService('contract');
  app = await createApp(NothingModule, { name: 'proxy', logger: { level: 'silent' } });
  const server = app.getHttpAdapter().getInstance();
  await server.register(replyFrom, {
    undici: { headersTimeout: 300 },
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
  });
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  server.all('/api/*', async (request: ApiRequest, reply) => {
    const answered = upstream.forward(request, reply);
    forwarded.push(answered);
    left.push(once(reply.raw, 'close'));
    await answered;
    return reply;
  });
  origin = `http://127.0.0.1:${await listen(app, 0)}`;
});

beforeEach(() => {
  upstream = new Upstream('contract', service.url);
  forwarded = [];
  left = [];
  service.answer((_request, response) => response.end('answered'));
});

afterAll(async () => {
  await app?.close();
  await service?.stop();
});

it.each(['?q=100%', '?q=a/../b', '?q=%e5%b1%b1&q=1+1', '?'])('the query %s arrives as it was sent', async (query) => {
  const sending = httpRequest(origin, { path: `/api/contracts${query}` }).end();
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  expect([answer.statusCode, await text(answer)]).toEqual([200, 'answered']);
  expect(service.requests.at(-1)!.url).toBe(`/api/contracts${query}`);
});

describe('headers', () => {
  it('that are between the caller and the gateway end here', async () => {
    const headers = {
      expect: '100-continue',
      'keep-alive': 'timeout=5',
      'proxy-connection': 'keep-alive',
      te: 'trailers',
      upgrade: 'h2c',
      accept: 'application/json',
    };
    for (let sent = 0; sent < 6; sent += 1) {
      const sending = httpRequest(`${origin}/api/contracts`, { method: 'POST', headers }).end();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      expect([answer.statusCode, await text(answer)]).toEqual([200, 'answered']);
    }
    const arrived = service.requests.at(-1)!.headers;
    expect(arrived).toMatchObject({ accept: 'application/json' });
    for (const name of ['expect', 'proxy-connection', 'te', 'upgrade']) expect(arrived).not.toHaveProperty(name);
    expect(arrived).not.toMatchObject({ 'keep-alive': 'timeout=5' });
  });

  it.each(['UND_ERR_NOT_SUPPORTED', 'UND_ERR_INVALID_ARG'])(
    'that can not be sent (%s) are the fault of the caller, not of the service',
    async (code) => {
      const cause = Object.assign(new Error('odd header'), { code });
      const request = { url: '/api/contracts', method: 'GET', headers: {}, raw: {} } as ApiRequest;
      const from: FastifyReply['from'] = (_source, options) => {
        options?.onError?.(reply, { error: new Error(cause.message, { cause }) });
        return reply;
      };
      const reply = { raw: new EventEmitter(), from } as FastifyReply;
      for (let sent = 0; sent < 6; sent += 1) {
        await expect(upstream.forward(request, reply)).rejects.toMatchObject({ status: 400, code: 'bad_request' });
      }
      expect(upstream.open).toBe(false);
    },
  );
});

describe('a service that did not answer', () => {
  const ask = (): Promise<Response> => fetch(`${origin}/api/contracts`);

  /** Five requests without an answer, and the time until it is tried again. */
  async function fail(): Promise<void> {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    service.take((request) => void request.socket.destroy());
    for (let sent = 0; sent < 5; sent += 1) await fetch(`${origin}/api/contracts`, { method: 'POST' });
    expect([upstream.open, (await ask()).status]).toEqual([true, 503]);
    vi.setSystemTime(Date.now() + 1_000);
  }

  it('is tried by one request, and all others are refused at once', async () => {
    await fail();
    const { promise: arrived, resolve } = Promise.withResolvers<() => void>();
    service.take((_request, response) => resolve(() => response.end('back')));
    const trying = ask();
    const answer = await arrived;
    expect(upstream.open).toBe(true);
    for (const refused of await Promise.all(Array.from({ length: 20 }, ask))) {
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await refused.json()).toMatchObject({ code: 'service_unavailable', service: 'contract' });
    }
    answer();
    expect([(await trying).status, upstream.open]).toEqual([200, false]);
    service.answer((_request, response) => response.end('answered'));
    expect((await ask()).status).toBe(200);
  });

  it('is not tried with an upload, which takes as long as its caller likes', async () => {
    await fail();
    service.answer((_request, response) => response.end('back'));
    const upload = (): Promise<Response> =>
      fetch(`${origin}/api/contracts`, { method: 'POST', headers: { 'content-type': 'a/b' }, body: 'x' });
    expect((await upload()).status).toBe(503);
    expect((await ask()).status).toBe(200);
    expect((await upload()).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('gets no %s a second time', async (method) => {
    let tries = 0;
    service.take((request) => void ((tries += 1), request.socket.destroy()));
    const answer = await fetch(`${origin}/api/contracts`, { method });
    expect([answer.status, tries]).toEqual([503, 1]);
    expect(await answer.json()).toMatchObject({ code: 'service_outcome_unknown' });
  });
});

describe('a caller who gives up', () => {
  /** Resolves when the service has the request and its caller is gone. */
  async function giveUp(method: 'GET' | 'POST' = 'GET', part?: string): Promise<void> {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    service.take((request) => (part === undefined ? resolve() : request.once('data', () => resolve())));
    const headers = part === undefined ? {} : { 'content-type': 'application/octet-stream' };
    const sending = httpRequest(`${origin}/api/contracts`, { method, headers }).on('error', () => undefined);
    if (part === undefined) sending.end();
    else sending.write(part);
    await arrived;
    sending.destroy();
  }

  it('hides nothing of a service that hangs', async () => {
    for (let sent = 0; sent < 5; sent += 1) await giveUp();
    await Promise.allSettled(forwarded);
    expect(upstream.open).toBe(true);
  });

  it('holds his place until the service answers, and no longer', async () => {
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<() => void>();
    service.take((_request, response) => hasArrived(() => response.end('late')));
    const sending = httpRequest(`${origin}/api/contracts`).on('error', () => undefined);
    sending.end();
    const answer = await arrived;
    let settled = false;
    const settling = forwarded[0]!.then(() => (settled = true));
    sending.destroy();
    await left[0];
    await turn();
    expect(settled).toBe(false);
    answer();
    await settling;
    expect(upstream.open).toBe(false);
  });

  it('while he still sends is no failure of the service', async () => {
    for (let sent = 0; sent < 6; sent += 1) {
      await giveUp('POST', 'name\n');
      await Promise.all(forwarded);
    }
    expect(upstream.open).toBe(false);
  });
});
