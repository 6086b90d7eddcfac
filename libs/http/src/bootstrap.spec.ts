import 'reflect-metadata';
import { Writable } from 'node:stream';
import { Body, Controller, Get, Logger, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsEmail, IsInt, IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import {
  CommandIdReused,
  CommandRefused,
  EventStoreUnavailable,
  RevisionMismatch,
  TooMuchContention,
} from '#libs/event-sourcing/src/errors.js';
import { createApp } from './bootstrap.js';
import { HealthRegistry } from './health.js';
import { OutsideApi } from './outside-api.js';
import { PageQuery } from './paging.js';
import { registerProblemTable } from './problem.js';
import { Nested, Uuid } from './validation.js';

class Customer {
  @IsEmail() email: string;
  @IsInt() users: number;
}

class ThingParams {
  @Uuid() id: string;
}

class Registration {
  @IsString() name: string;
  @Nested(() => Customer) customer: Customer;
}

const kernelErrors: Record<string, () => Error> = {
  refused: () => new CommandRefused(new Refusal('bootstrap_spec_closed', 'It is closed. Open it first.', { since: 3 })),
  undeclared: () => new CommandRefused(new Refusal('bootstrap_spec_undeclared', 'No table has this code.')),
  mismatch: () =>
    new RevisionMismatch('contract-1', 4, 5, { actor: 'amy', at: '2025-01-01', event: 'contract.signed' }),
  contention: () => new TooMuchContention('contract-1'),
  reused: () => new CommandIdReused('an id'),
  away: () => new EventStoreUnavailable(new Error('connection to 10.0.0.7 refused')),
  databaseAway: () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' }),
  crash: () => Object.assign(new Error('column inner_workings does not exist'), { parameters: ['secret-7'] }),
};

@Controller('things')
class ThingsController {
  @Post()
  register(@Body() body: Registration) {
    new Logger('Things').log('A thing was registered');
    return body;
  }

  @Get()
  list(@Query() query: PageQuery) {
    return query;
  }

  @Get('errors/:kind')
  fail(@Param('kind') kind: string) {
    throw kernelErrors[kind]?.() ?? new Error('unknown kind');
  }

  @Get(':id')
  one(@Param() { id }: ThingParams) {
    return { id };
  }
}

@OutsideApi()
@Controller('pages')
class PagesController {
  @Get(':token')
  page() {
    return 'a page';
  }
}

@Module({ controllers: [ThingsController, PagesController] })
class ThingsModule {}

let app: NestFastifyApplication;
const log: string[] = [];
const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    log.push(chunk.toString());
    done();
  },
});

beforeAll(async () => {
  registerProblemTable({ bootstrap_spec_closed: { status: 409, title: 'Closed' } });
  app = await createApp(ThingsModule, { name: 'things', logger: { level: 'info', stream } });
  await app.init();
});

afterAll(() => app.close());

const valid = { name: 'ABC', customer: { email: 'a@example.com', users: 100 } };
const json = { 'content-type': 'application/json' };

function post(payload: string | object, headers: Record<string, string> = json) {
  return app.inject({ method: 'POST', url: '/api/things', payload, headers });
}

function problem(response: { body: string; headers: Record<string, unknown> }) {
  expect(response.headers['content-type']).toContain('application/problem+json');
  return JSON.parse(response.body) as Record<string, unknown>;
}

describe('problems', () => {
  it('says where, what and what to do about malformed JSON', async () => {
    const response = await app.inject({
      method: 'POST',
      url: '/api/things?x=1',
      payload: '{"name": ',
      headers: { ...json, 'x-correlation-id': 'my-correlation-id' },
    });
    expect(problem(response)).toEqual({
      type: 'https://keiyaku.dev/problems/malformed_json',
      title: 'Malformed JSON',
      status: 400,
      detail: 'The body is not valid JSON. Send one JSON object, encoded as UTF-8.',
      code: 'malformed_json',
      instance: '/api/things',
      correlationId: 'my-correlation-id',
    });
    expect(response.headers['x-correlation-id']).toBe('my-correlation-id');
  });

  it.each([
    ['an empty JSON body', '', json, 400, 'malformed_json'],
    ['a polluted prototype', '{"__proto__":{"a":1}}', json, 400, 'malformed_json'],
    ['an oversized body', JSON.stringify({ name: 'x'.repeat(1024 * 1024) }), json, 413, 'payload_too_large'],
    ['XML', '<a/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
    ['plain text', 'hello', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['compression', 'x', { ...json, 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['Latin-1', Buffer.from('{"name":"Caf\xe9"}', 'latin1'), json, 400, 'malformed_json'],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
  ])('refuses %s', async (_name, payload, headers, status, code) => {
    expect(problem(await post(payload, headers))).toMatchObject({ status, code, detail: expect.any(String) });
  });

  it.each([
    ['GET', '/api/nothing', 404, 'route_not_found'],
    ['GET', '/nothing', 404, 'route_not_found'],
    ['DELETE', '/api/things', 404, 'route_not_found'],
    ['GET', '/api/things/not-a-uuid', 400, 'validation_failed'],
    ['GET', '/api/things/%zz', 400, 'bad_request'],
  ] as const)('answers %s %s', async (method, url, status, code) => {
    expect(problem(await app.inject({ method, url }))).toMatchObject({ status, code });
  });

  it('takes ids in capitals for the ids that they are', async () => {
    const id = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';
    expect((await app.inject(`/api/things/${id}`)).json()).toEqual({ id: id.toLowerCase() });
  });

  it('lists every wrong field with its pointer', async () => {
    const response = await post({ customer: { email: 'nobody', users: 'many', admin: true }, nmae: 'ABC' });
    expect(problem(response)).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: expect.arrayContaining([
        { in: 'body', pointer: '/nmae', detail: 'Unknown property. Remove it or correct its name.' },
        { in: 'body', pointer: '/name', detail: 'Name must be a string.' },
        { in: 'body', pointer: '/customer/email', detail: 'Email must be an email.' },
        { in: 'body', pointer: '/customer/users', detail: 'Users must be an integer number.' },
        { in: 'body', pointer: '/customer/admin', detail: 'Unknown property. Remove it or correct its name.' },
      ]) as unknown,
    });
  });

  it.each([['[]'], ['"text"'], ['null'], ['7'], ['{"name":"ABC"}'], ['{"name":"ABC","customer":[]}']])(
    'refuses the body %s',
    async (body) => expect(problem(await post(body))).toMatchObject({ status: 400, code: 'validation_failed' }),
  );

  it.each([
    ['a NUL character', '{"name":"A\\u0000","customer":{"email":"a@example.com","users":1}}', '/name'],
    ['half a surrogate pair', '{"name":"A\\ud800","customer":{"email":"a@example.com","users":1}}', '/name'],
    ['such a text in a list', '{"name":"A","list":["B",{"c/d":"\\u0000"}]}', '/list/1/c~1d'],
    ['lists in lists in lists', '['.repeat(50_000) + ']'.repeat(50_000), ''],
    ['objects in objects in objects', '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000), ''],
  ])('refuses %s, which nothing could store', async (_name, body, pointer) => {
    expect(problem(await post(body))).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ in: 'body', pointer, detail: expect.any(String) as unknown }],
    });
  });

  it('refuses a NUL character in the query', async () => {
    const response = await app.inject('/api/things?sort=%00');
    expect(problem(response)).toMatchObject({ status: 400, errors: [{ in: 'query', pointer: '/sort' }] });
  });

  it.each([
    ['limit=100000', '/limit', 'Limit is at most 200; follow "next" for more.'],
    ['limit=0', '/limit', 'Limit must be at least 1.'],
    ['limit=x', '/limit', 'Limit must be a whole number from 1 to 200.'],
    ['total=maybe', '/total', 'Total must be true or false.'],
    ['colour=red', '/colour', 'Unknown property. Remove it or correct its name.'],
  ])('refuses the query %s', async (query, pointer, detail) => {
    const response = await app.inject({ method: 'GET', url: `/api/things?${query}` });
    expect(problem(response)).toMatchObject({
      code: 'validation_failed',
      errors: expect.arrayContaining([{ in: 'query', pointer, detail }]) as unknown,
    });
  });

  it.each([
    ['refused', { status: 409, code: 'bootstrap_spec_closed', detail: 'It is closed. Open it first.', since: 3 }],
    ['undeclared', { status: 500, code: 'internal_error' }],
    ['mismatch', { status: 412, code: 'revision_mismatch', currentRevision: 5, expectedRevision: 4 }],
    ['contention', { status: 409, code: 'too_much_contention' }],
    ['reused', { status: 422, code: 'idempotency_key_reused' }],
    ['away', { status: 503, code: 'event_store_unavailable' }],
    ['databaseAway', { status: 503, code: 'database_unavailable' }],
    ['crash', { status: 500, code: 'internal_error' }],
  ])('answers a command that was %s', async (kind, expected) => {
    const response = await app.inject({ method: 'GET', url: `/api/things/errors/${kind}` });
    expect(problem(response)).toMatchObject(expected);
    expect(response.body).not.toMatch(/inner_workings|10\.0\.0\.7/);
  });

  it('names who won the race', async () => {
    const response = await app.inject({ method: 'GET', url: '/api/things/errors/mismatch' });
    expect(problem(response)['detail']).toContain('amy changed it at 2025-01-01 (contract.signed).');
  });
});

describe('routes beside the API', () => {
  it('serves marked controllers outside the prefix', async () => {
    expect((await app.inject('/pages/abc')).body).toBe('a page');
    expect((await app.inject('/api/pages/abc')).statusCode).toBe(404);
  });

  it('is alive, and ready only while every part is', async () => {
    expect((await app.inject('/health')).statusCode).toBe(200);
    let ok = true;
    app.get(HealthRegistry).register('spec.part', () => Promise.resolve({ ok, detail: { lag: 3 } }));
    expect(JSON.parse((await app.inject('/ready')).body)).toMatchObject({ status: 'ready' });
    ok = false;
    const response = await app.inject('/ready');
    expect(response.statusCode).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({
      failing: ['spec.part'],
      checks: { 'spec.part': { detail: { lag: 3 } } },
    });
  });

  it('measures requests by route pattern', async () => {
    await app.inject('/pages/one-of-many');
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(/http_request_duration_seconds_count\{method="GET",route="\/pages\/:token",status="200"\} \d/);
    expect(body).not.toContain('one-of-many');
    expect(body).toContain('process_cpu_seconds_total');
  });

  it('serves the documentation and its assets under a strict policy', async () => {
    const page = await app.inject('/docs');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const scripts = [...page.body.matchAll(/<script src="([^"]+)"/g)].map((match) => match[1]);
    expect(scripts.length).toBeGreaterThan(0);
    expect(page.body).not.toMatch(/<script>/);
    for (const script of scripts) {
      const { pathname } = new URL(script ?? '', 'http://localhost/docs');
      expect((await app.inject(pathname)).statusCode).toBe(200);
    }
    const document = JSON.parse((await app.inject('/docs/openapi.json')).body) as { paths: object };
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/api/things', '/pages/{token}']));
    expect(document).toHaveProperty('components.schemas.Problem');
    expect(document).toHaveProperty('paths./api/things.post.responses.default');
    for (const [path, text] of Object.entries({
      '/docs/swagger-ui-init.js': '/api/things',
      '/docs/openapi.yaml': 'paths',
    }))
      expect((await app.inject(path)).body).not.toContain(text);
  });
});

describe('the log', () => {
  it('has the correlation id and no secrets', async () => {
    log.length = 0;
    const headers = {
      ...json,
      'x-correlation-id': 'logged-id-1',
      authorization: 'Bearer secret-1',
      cookie: 'secret-2',
      'webhook-signature': 'secret-3',
    };
    const url =
      '/api/things?token=secret-4&refresh_token=secret-5&client_secret=secret-8&password=secret-9&to=secret-@x';
    await app.inject({ method: 'POST', url, payload: { ...valid, name: 'secret-6' }, headers });
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ correlationId: 'logged-id-1', res: { status: 201 }, name: 'things' }),
    );
    expect(log.join('')).toContain('token=[redacted]');
    expect(log.join('')).not.toContain('secret-');
  });

  it('has the correlation id in whatever is logged while a request is answered', async () => {
    log.length = 0;
    const headers = { ...json, 'x-correlation-id': 'logged-id-2' };
    await app.inject({ method: 'POST', url: '/api/things', payload: valid, headers });
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'A thing was registered', context: 'Things', correlationId: 'logged-id-2' }),
      expect.objectContaining({
        msg: 'request completed',
        req: { method: 'POST', url: '/api/things' },
        res: { status: 201 },
        correlationId: 'logged-id-2',
        responseTime: expect.any(Number) as number,
      }),
    ]);
  });

  it('leaves probes out', async () => {
    log.length = 0;
    await app.inject('/health');
    await app.inject('/metrics');
    expect(log).toEqual([]);
  });

  it('has the stack of an unforeseen error, and not what a driver hangs on it', async () => {
    log.length = 0;
    await app.inject('/api/things/errors/crash');
    expect(log.join('')).toMatch(/"stack":"Error: column inner_workings/);
    expect(log.join('')).not.toContain('secret-7');
  });
});
