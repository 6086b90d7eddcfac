import 'reflect-metadata';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { createApp, listen } from './bootstrap.js';
import type { ApiRequest } from './request.js';
import { serveEvents, type ServerSentEvent } from './sse.js';

/** What the sources below saw. */
const seen = { started: 0, made: 0, aborted: 0, lastEventId: undefined as string | undefined };

/** Ends the access of whoever is watched. */
let endAccess: (() => void) | undefined;

function watchAccess(ended: () => void): () => void {
  endAccess = ended;
  return () => (endAccess = undefined);
}

async function* counting(from: number, to: number, padding = ''): AsyncIterable<ServerSentEvent> {
  for (let id = from; id <= to; id++) {
    seen.made = id;
    yield { id: String(id), event: 'count', data: { id, padding } };
    // Lets the socket drain between events, as a source that waits for the log does.
    await new Promise(setImmediate);
  }
}

async function* silent(signal: AbortSignal): AsyncIterable<ServerSentEvent> {
  seen.started += 1;
  yield { id: '1', event: 'hello', data: 'line\nbreak' };
  if (!signal.aborted) await once(signal, 'abort');
  seen.aborted += 1;
}

async function* broken(): AsyncIterable<ServerSentEvent> {
  yield { id: '1', event: 'count', data: {} };
  await Promise.reject(new Error('the log went away'));
}

@Controller('streams')
class StreamsController {
  @Get('short')
  short(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    return serveEvents(request, reply, (_signal, lastEventId) => {
      seen.lastEventId = lastEventId;
      return counting(Number(lastEventId ?? 0) + 1, 3);
    });
  }

  @Get('huge')
  huge(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    return serveEvents(request, reply, () => counting(1, 1_000, 'x'.repeat(100_000)));
  }

  @Get('silent')
  silent(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    return serveEvents(request, reply, silent);
  }

  @Get('watched')
  watched(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    request.watchAccess = watchAccess;
    return serveEvents(request, reply, silent);
  }

  @Get('watched-huge')
  watchedHuge(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    request.watchAccess = watchAccess;
    return serveEvents(request, reply, () => counting(1, 1_000, 'x'.repeat(100_000)));
  }

  @Get('broken')
  broken(@Req() request: ApiRequest, @Res() reply: FastifyReply) {
    return serveEvents(request, reply, broken);
  }
}

@Module({ controllers: [StreamsController] })
class StreamsModule {}

let app: NestFastifyApplication;
let port: number;

beforeEach(async () => {
  Object.assign(seen, { started: 0, made: 0, aborted: 0, lastEventId: undefined });
  app = await createApp(StreamsModule, { name: 'streams', logger: { level: 'silent' } });
  port = await listen(app, 0);
});

afterEach(() => app.close());

async function open(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const call = httpRequest({ port, path: `/api/streams/${path}`, headers });
  call.on('error', () => undefined);
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

/** The source makes no more, as its reader does not read. */
async function sourceWaits(): Promise<void> {
  let last = 0;
  let unchanged = 0;
  await eventually(() => {
    unchanged = seen.made === last ? unchanged + 1 : 0;
    last = seen.made;
    expect(last > 0 && unchanged).toBeGreaterThanOrEqual(5);
  });
}

describe('an event stream', () => {
  it('sends the events of its source and ends with it', async () => {
    const response = await open('short');
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-correlation-id': expect.any(String) as unknown,
      'x-content-type-options': 'nosniff',
    });
    const text = await textOf(response);
    expect(text).toContain('id: 1\nevent: count\ndata: {"id":1,"padding":""}\n\n');
    expect(text.match(/^id: /gm)).toHaveLength(3);
  });

  it('goes on after the last event that the client saw', async () => {
    const text = await textOf(await open('short', { 'last-event-id': '2' }));
    expect(seen.lastEventId).toBe('2');
    expect(text.match(/^id: .*/gm)).toEqual(['id: 3']);
  });

  it('answers HEAD without a stream', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/api/streams/silent`, { method: 'HEAD' });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(seen.started).toBe(0);
  });

  it('aborts its source when the client goes away', async () => {
    const response = await open('silent');
    await eventually(() => expect(seen.started).toBe(1));
    response.destroy();
    await eventually(() => expect(seen.aborted).toBe(1));
  });

  it('ends when its reader may not read any more, and goes on with Last-Event-ID for whoever may', async () => {
    const response = await open('watched');
    await eventually(() => expect(seen.started).toBe(1));
    endAccess!();
    expect((await textOf(response)).match(/^id: .*/gm)).toEqual(['id: 1']);
    expect(seen.aborted).toBe(1);
    expect((await textOf(await open('short', { 'last-event-id': '1' }))).match(/^id: .*/gm)).toEqual([
      'id: 2',
      'id: 3',
    ]);
  });

  it('keeps nothing for a reader who may not read any more', async () => {
    const response = await open('watched-huge');
    response.pause();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    response.once('close', resolve);
    await sourceWaits();
    endAccess!();
    response.resume();
    await closed;
    expect(response.complete).toBe(false);
  });

  it('is watched no longer than it lasts', async () => {
    const response = await open('watched');
    await eventually(() => expect(endAccess).toBeDefined());
    response.destroy();
    await eventually(() => expect(endAccess).toBeUndefined());
  });

  it('waits for a slow client instead of holding everything in memory', async () => {
    const response = await open('huge');
    response.pause();
    await sourceWaits();
    expect(seen.made).toBeLessThan(1_000);
    expect((await textOf(response)).match(/^id: /gm)).toHaveLength(1_000);
  });

  it('is refused when there are as many as the process can take', async () => {
    vi.stubEnv('HTTP_EVENT_STREAMS', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const first = await open('silent');
    await eventually(() => expect(seen.started).toBe(1));
    const refused = await open('silent');
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(JSON.parse(await textOf(refused))).toMatchObject({ code: 'overloaded' });
    first.destroy();
    await eventually(async () => expect((await open('short')).statusCode).toBe(200));
  });

  it('ends when its source breaks, without an error in the stream', async () => {
    const text = await textOf(await open('broken'));
    expect(text).toContain('id: 1');
    expect(text).not.toContain('went away');
  });

  it('ends when the app closes', async () => {
    const response = await open('silent');
    const text = textOf(response);
    await eventually(() => expect(seen.started).toBe(1));
    await app.close();
    expect(await text).toContain('data: "line\\nbreak"');
    expect(seen.aborted).toBe(1);
  });
});
