import 'reflect-metadata';
import { Body, Controller, Module, Post, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { createApp } from './bootstrap.js';
import { Context } from './command-context.js';
import { commandResult } from './command-result.js';

class Thing {
  @IsString() name: string;
}

@Controller('things')
class ThingsController {
  @Post()
  register(@Body() _thing: Thing, @Context() context: CommandContext) {
    return { context };
  }

  @Post('commands')
  command(@Res({ passthrough: true }) reply: FastifyReply) {
    return commandResult({ id: 'a', revision: 7, position: 9_007_199_254_740_993n }, reply);
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

let app: NestFastifyApplication;

beforeAll(async () => {
  vi.stubEnv('ENCRYPTION_KEY', Buffer.alloc(32, 7).toString('base64'));
  app = await createApp(ThingsModule, { name: 'things', logger: { level: 'silent' } });
  await app.init();
});

afterAll(async () => {
  await app.close();
  vi.unstubAllEnvs();
});

const valid = { name: 'ABC' };

function post(payload: object, headers: Record<string, string> = {}) {
  return app.inject({ method: 'POST', url: '/api/things', payload, headers });
}

const contextOf = async (headers: Record<string, string>, body: object = valid) => {
  const response = await post(body, headers);
  expect(response.statusCode).toBe(201);
  return (JSON.parse(response.body) as { context: CommandContext }).context;
};

it('makes the same command of the same key, and tells requests apart by their fingerprint', async () => {
  const first = await contextOf({ 'idempotency-key': 'k-1' });
  const again = await contextOf({ 'idempotency-key': 'k-1' });
  const other = await contextOf({ 'idempotency-key': 'k-1' }, { ...valid, name: 'XYZ' });
  expect(again).toMatchObject({ commandId: first.commandId, fingerprint: first.fingerprint });
  expect(other.commandId).toBe(first.commandId);
  expect(other.fingerprint).not.toBe(first.fingerprint);
  expect((await contextOf({ 'idempotency-key': 'k-2' })).commandId).not.toBe(first.commandId);
});

it('makes a new command without a key', async () => {
  expect((await contextOf({})).commandId).not.toBe((await contextOf({})).commandId);
});

it('carries revision, correlation, trace and caller', async () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const context = await contextOf({ 'if-match': '"5"', 'x-correlation-id': 'corr-1234', traceparent });
  expect(context).toMatchObject({ expectedRevision: 5, correlationId: 'corr-1234', traceparent });
  expect(context.actor).toEqual({ id: 'anonymous', role: 'ANONYMOUS', ip: '127.0.0.1' });
  expect(await contextOf({ 'if-match': '*' })).not.toHaveProperty('expectedRevision');
});

it.each([
  ['idempotency-key', 'x'.repeat(256), 'malformed_idempotency_key'],
  ['idempotency-key', 'two words', 'malformed_idempotency_key'],
  ['idempotency-key', '', 'malformed_idempotency_key'],
  ['if-match', '5', 'malformed_if_match'],
  ['if-match', 'W/"5"', 'malformed_if_match'],
  ['if-match', '"5", "6"', 'malformed_if_match'],
  ['if-match', '"-1"', 'malformed_if_match'],
])('refuses %s: %s', async (header, value, code) => {
  const response = await post(valid, { [header]: value });
  expect(response.statusCode).toBe(400);
  expect(JSON.parse(response.body)).toMatchObject({ code });
});

it('replaces a correlation id that could break a log line', async () => {
  const response = await post(valid, { 'x-correlation-id': 'a b"c' });
  expect(response.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
});

it('answers a command with its revision and position', async () => {
  const response = await app.inject({ method: 'POST', url: '/api/things/commands' });
  expect(JSON.parse(response.body)).toEqual({ id: 'a', revision: 7, position: '9007199254740993' });
  expect(response.headers).toMatchObject({ etag: '"7"', 'x-event-position': '9007199254740993' });
});

it('needs another fingerprint key for another encryption key', async () => {
  const { fingerprint } = await contextOf({});
  vi.stubEnv('ENCRYPTION_KEY', Buffer.alloc(32, 8).toString('base64'));
  onTestFinished(() => void vi.stubEnv('ENCRYPTION_KEY', Buffer.alloc(32, 7).toString('base64')));
  expect((await contextOf({})).fingerprint).not.toBe(fingerprint);
});
