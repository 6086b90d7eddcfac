import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { All, Controller, Get, Module, Param, Post, StreamableFile } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStoreUnavailable, OutcomeUnknown } from '#libs/event-sourcing/src/errors.js';
import { createApp, listen } from './bootstrap.js';

const late = { done: Promise.withResolvers<object>(), failed: Promise.withResolvers<object>() };

@Controller('hanging')
class HangingController {
  @Get()
  read() {
    return new Promise<never>(() => undefined);
  }

  @Get('late/:end')
  end(@Param('end') end: 'done' | 'failed') {
    return late[end].promise;
  }

  @Post()
  change() {
    return new Promise<never>(() => undefined);
  }
}

const flowing = { goesOn: Promise.withResolvers<void>() };

async function* slowly(): AsyncGenerator<string> {
  yield 'one ';
  await flowing.goesOn.promise;
  yield 'two';
}

@Controller('flowing')
class FlowingController {
  @Get()
  flow() {
    return new StreamableFile(Readable.from(slowly(), { objectMode: false }));
  }
}

@Controller('away')
class AwayController {
  @All('outcome')
  outcome() {
    throw new OutcomeUnknown(new Error('14 UNAVAILABLE'));
  }

  @All('store')
  store() {
    throw new EventStoreUnavailable(new Error('14 UNAVAILABLE'));
  }
}

@Module({ controllers: [HangingController, FlowingController, AwayController] })
class HangingModule {}

let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  app = await createApp(HangingModule, { name: 'hanging', logger: { level: 'silent' }, answerWithinMs: 100 });
  port = await listen(app, 0);
});

afterAll(() => app.close());

async function send(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  return text(socket);
}

describe('a request that is broken before any route sees it', () => {
  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', 400, 'bad_request'],
    ['a raw character in the URL', 'GET /\xe3 HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad_request'],
    ['large headers', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ])('is a problem too: %s', async (_name, bytes, status, code) => {
    const [head = '', body = ''] = (await send(bytes)).split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code, detail: expect.any(String) as unknown });
  });
});

describe('a request while a store is away', () => {
  it.each([
    [
      'POST',
      'outcome',
      'outcome_unknown',
      /may be stored or not\. Send the request again with the same Idempotency-Key/,
    ],
    ['POST', 'store', 'event_store_unavailable', /again/],
    ['GET', 'store', 'event_store_unavailable', /again/],
  ])('says what may have happened: %s, %s', async (method, what, code, detail) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/away/${what}`, { method });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ code, detail: expect.stringMatching(detail) as string });
  });
});

describe('a request whose work hangs', () => {
  it.each([
    ['GET', undefined, 'temporarily_unavailable'],
    ['POST', undefined, 'outcome_unknown'],
    ['POST', '{}', 'outcome_unknown'],
  ])('is answered all the same: %s with the body %s', async (method, body, code) => {
    const sent = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
    const response = await fetch(`http://127.0.0.1:${port}/api/hanging`, { method, ...sent });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ code, detail: expect.any(String) as unknown });
  });

  it('harms nobody when its work ends after all', async () => {
    for (const end of ['done', 'failed']) {
      expect((await fetch(`http://127.0.0.1:${port}/api/hanging/late/${end}`)).status).toBe(503);
    }
    late.done.resolve({ far: 'too late' });
    late.failed.reject(new Error('far too late'));
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });
});

it('an answer that has begun flows for as long as it takes', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/api/flowing`);
  // A request that came after it has had its time: so has this one.
  expect((await fetch(`http://127.0.0.1:${port}/api/hanging`)).status).toBe(503);
  flowing.goesOn.resolve();
  expect([response.status, await response.text()]).toEqual([200, 'one two']);
});
