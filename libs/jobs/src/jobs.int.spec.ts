import { setTimeout as delay } from 'node:timers/promises';
import { Process, Processor } from '@nestjs/bull';
import { Global, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Job } from 'bull';
import { Redis } from 'ioredis';
import { register } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { HealthRegistry } from '#libs/http/src/health.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { startTcpProxy } from '#libs/testing/src/tcp-proxy.js';
import { JobQueue, JobQueueUnavailable } from './job-queue.js';
import { JobsModule } from './jobs.module.js';

@Global()
@Module({ providers: [HealthRegistry], exports: [HealthRegistry] })
class HealthModule {}

@Injectable()
class Diary {
  readonly entries: string[] = [];
  hold: Promise<void> = Promise.resolve();
}

@Processor('spec')
class SpecProcessor {
  constructor(private readonly diary: Diary) {}

  @Process({ name: 'note', concurrency: 4 })
  async note(job: Job<{ text: string }>): Promise<void> {
    this.diary.entries.push(job.data.text);
    await this.diary.hold;
    if (job.data.text === 'fail') throw new Error('as asked');
  }
}

async function start(redisUrl: string) {
  @Module({
    imports: [HealthModule, JobsModule.forRoot({ redisUrl }), JobsModule.queue('spec')],
    providers: [Diary, SpecProcessor],
  })
  class SpecModule {}
  const app = await Test.createTestingModule({ imports: [SpecModule] }).compile();
  await app.init();
  stopLast = () => app.close();
  return { app, queue: app.get(JobQueue, { strict: false }), diary: app.get(Diary) };
}

let stopLast: () => Promise<void> = async () => undefined;
afterEach(() => stopLast());

it('runs a job once while its id is known, and again after it is done', async () => {
  const { queue, diary } = await start(await testRedisUrl());
  const { promise, resolve } = Promise.withResolvers<void>();
  diary.hold = promise;
  await queue.add({ id: 'a-1', name: 'note', data: { text: 'first' } });
  await queue.add({ id: 'a-1', name: 'note', data: { text: 'twin' } });
  await eventually(() => expect(diary.entries).toEqual(['first']));
  resolve();
  await eventually(async () => {
    await queue.add({ id: 'a-1', name: 'note', data: { text: 'again' } });
    expect(diary.entries).toContain('again');
  });
  expect(diary.entries).not.toContain('twin');
});

it('leaves nothing in Redis of jobs that are done or failed, and counts them', async () => {
  const url = await testRedisUrl();
  const { queue } = await start(url);
  await queue.add({ id: 'gone-1', name: 'note', data: { text: 'done' } });
  await queue.add({ id: 'gone-2', name: 'note', data: { text: 'fail' } });
  const redis = new Redis(url);
  try {
    await eventually(async () => expect(await redis.keys('*gone-*')).toEqual([]));
  } finally {
    redis.disconnect();
  }
  await eventually(async () => {
    const metrics = await register.metrics();
    expect(metrics).toMatch(/jobs_total\{queue="spec",event="failed"\} [1-9]/);
    expect(metrics).toMatch(/jobs_total\{queue="spec",event="completed"\} [1-9]/);
  });
});

it('runs a job again that Redis forgot in the middle, leaving only its end', async () => {
  const url = await testRedisUrl();
  const { queue, diary } = await start(url);
  const redis = new Redis(url);
  try {
    await redis.hset('keiyaku:spec:ghost', { attemptsMade: 1, failedReason: 'Missing process handler' });
  } finally {
    redis.disconnect();
  }
  await queue.add({ id: 'ghost', name: 'note', data: { text: 'alive' } });
  await eventually(() => expect(diary.entries).toEqual(['alive']));
});

it('keeps a job until it is due', async () => {
  const { queue, diary } = await start(await testRedisUrl());
  await queue.add({ id: 'far', name: 'note', data: { text: 'far' }, at: new Date(Date.now() + 3_600_000) });
  await queue.add({ id: 'past', name: 'note', data: { text: 'past' }, at: new Date(0) });
  await queue.add({ id: 'soon', name: 'note', data: { text: 'soon' }, at: new Date(Date.now() + 50) });
  await eventually(() => expect(diary.entries.toSorted()).toEqual(['past', 'soon']));
});

it('tells in /ready whether Redis answers', async () => {
  const here = await start(await testRedisUrl());
  await here.queue.add({ id: 'h', name: 'note', data: { text: 'healthy' } });
  await eventually(() => expect(here.diary.entries).toEqual(['healthy']));
  expect(await here.app.get(HealthRegistry, { strict: false }).readiness()).toMatchObject({ status: 'ready' });
  await here.app.close();
  const away = await start('redis://127.0.0.1:1');
  expect(await away.app.get(HealthRegistry, { strict: false }).readiness()).toMatchObject({
    status: 'not_ready',
    failing: ['spec.queue'],
  });
});

it('says clearly that Redis is away, lives on and stops cleanly', async () => {
  const { queue } = await start('redis://127.0.0.1:1');
  await expect(queue.add({ id: 'x', name: 'note', data: {} })).rejects.toThrow(JobQueueUnavailable);
  await expect(queue.add({ id: 'x', name: 'note', data: {} })).rejects.toThrow('Check that it runs and that REDIS_URL');
});

it('says so as well when Redis is frozen, and takes jobs again when it is back', async () => {
  const url = new URL(await testRedisUrl());
  const proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const { app, queue, diary } = await start(url.href);
  stopLast = async () => {
    await app.close();
    await proxy.close();
  };
  await queue.add({ id: 'before', name: 'note', data: { text: 'before' } });
  await eventually(() => expect(diary.entries).toEqual(['before']));
  proxy.lose('answers');
  await expect(queue.add({ id: 'during', name: 'note', data: { text: 'during' } })).rejects.toThrow(
    JobQueueUnavailable,
  );
  proxy.cut();
  await eventually(() => queue.add({ id: 'after', name: 'note', data: { text: 'after' } }));
  await eventually(() => expect(diary.entries).toContain('after'));
});

it('leaves nothing behind that fails later when it is closed while it starts', async () => {
  const url = await testRedisUrl();
  // A rejection that nobody hears fails this test: with Bull alone one start in ten leaves one.
  for (let pause = 0; pause < 40; pause++) {
    const { app } = await start(url);
    await delay(pause / 10);
    await expect(app.close()).resolves.toBeUndefined();
  }
});

it('does not wait for a job for ever when it stops', async () => {
  const { app, queue, diary } = await start(await testRedisUrl());
  const { promise, resolve } = Promise.withResolvers<void>();
  diary.hold = promise;
  await queue.add({ id: 'stuck', name: 'note', data: { text: 'stuck' } });
  await eventually(() => expect(diary.entries).toEqual(['stuck']));
  await app.close();
  resolve();
});
