import 'reflect-metadata';
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import replyFrom from '@fastify/reply-from';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
