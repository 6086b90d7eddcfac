import 'reflect-metadata';
import { once } from 'node:events';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { createApp, listen } from './bootstrap.js';
import type { ApiRequest } from './request.js';
import { serveEvents } from './sse.js';

let release = Promise.withResolvers<object>();
let waiting = 0;

@Controller('slow')
class SlowController {
  @Get()
  slow() {
    waiting += 1;
    return release.promise;
  }

  @Get('events')
  events(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    return serveEvents(request, reply, async function* (signal) {
      yield { id: '1', event: 'hello', data: {} };
      if (!signal.aborted) await once(signal, 'abort');
    });
  }
}

@Controller('auth/.well-known')
class PublishedController {
  @Get('jwks.json')
  keySet() {
    return { keys: [] };
  }
}

@Module({ controllers: [SlowController, PublishedController] })
class SlowModule {}

let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  vi.stubEnv('HTTP_REQUESTS_IN_FLIGHT', '3');
  app = await createApp(SlowModule, { name: 'slow', logger: { level: 'silent' } });
  url = `http://127.0.0.1:${await listen(app, 0)}`;
});

afterAll(async () => {
  await app.close();
  vi.unstubAllEnvs();
});

it('refuses what is too much, lets probes and readers of the keys through and serves again when there is room', async () => {
  release = Promise.withResolvers();
  waiting = 0;
  const slow = Array.from({ length: 3 }, () => fetch(`${url}/api/slow`));
  await eventually(() => expect(waiting).toBe(3));

  const refused = await fetch(`${url}/api/slow`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(await refused.json()).toMatchObject({
    code: 'overloaded',
    detail: expect.stringContaining('again') as string,
  });
  for (const taken of ['/health', '/ready?verbose', '/api/auth/.well-known/jwks.json'])
    expect((await fetch(url + taken)).status).toBe(200);
  for (const [method, path] of [
    ['POST', '/health'],
    ['POST', '/api/auth/.well-known/jwks.json'],
    ['GET', '/api/auth/.well-known/nothing'],
  ] as const)
    expect((await fetch(url + path, { method })).status).toBe(503);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('http_requests_in_flight 3');
  expect(metrics).toMatch(/http_requests_refused_total [1-9]/);

  release.resolve({ slow: 'but done' });
  for (const answer of await Promise.all(slow)) expect(await answer.json()).toEqual({ slow: 'but done' });
  expect((await fetch(`${url}/api/slow`)).status).toBe(200);
});

it('forgets callers that went away', async () => {
  release = Promise.withResolvers();
  waiting = 0;
  const gone = new AbortController();
  const left = Array.from({ length: 3 }, () =>
    fetch(`${url}/api/slow`, { signal: gone.signal }).catch(() => undefined),
  );
  await eventually(() => expect(waiting).toBe(3));
  gone.abort();
  await Promise.all(left);
  release.resolve({});
  await eventually(async () => expect((await fetch(`${url}/api/slow`)).status).toBe(200));
});

it('does not count streams of events, which last', async () => {
  release.resolve({});
  const streams = await Promise.all(Array.from({ length: 4 }, () => fetch(`${url}/api/slow/events`)));
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect((await fetch(`${url}/api/slow`)).status).toBe(200);
  await Promise.all(streams.map(async ({ body }) => body?.cancel()));
});
