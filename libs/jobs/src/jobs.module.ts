import { BullModule, getQueueToken } from '@nestjs/bull';
import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import type { Queue, QueueOptions } from 'bull';
import { HealthRegistry } from '#libs/http/src/health.js';
import { JobQueue } from './job-queue.js';

const lockMs = 10_000;
const stalledCheckMs = 5_000;

/** Bull in a Nest application: `forRoot` once a process, `queue` once for each context that has slow work. */
@Module({})
export class JobsModule {
  static forRoot({ redisUrl }: { readonly redisUrl: string }): DynamicModule {
    return BullModule.forRoot({ url: redisUrl, ...queueOptions(redisUrl) });
  }

  /**
   * Makes `JobQueue` injectable in the importing module and shows it in `/ready` as `<name>.queue`; `@Processor(name)`
   * serves the queue. The name begins with the context's, so that queues of one Redis never clash.
   * @param token what a second queue of the same module is injected by
   */
  static queue(name: string, token: InjectionToken = JobQueue): DynamicModule {
    return {
      module: JobsModule,
      imports: [BullModule.registerQueue({ name })],
      providers: [
        {
          provide: token,
          useFactory: (queue: Queue, health?: HealthRegistry) => {
            const jobs = new JobQueue(queue);
            health?.register(`${name}.queue`, () => jobs.health());
            return jobs;
          },
          inject: [getQueueToken(name), { token: HealthRegistry, optional: true }],
        },
      ],
      exports: [token],
    };
  }
}

function queueOptions(redisUrl: string): QueueOptions {
  return {
    prefix: 'keiyaku',
    redis: {
      // Commands fail soon when Redis is away; connections come back by themselves.
      maxRetriesPerRequest: 1,
      connectTimeout: 5_000,
      // A machine that vanished is found by the kernel. No time limit of the client's own: after a long freeze of Redis
      // ioredis 5.11 with `socketTimeout` never comes back.
      keepAlive: 10_000,
      connectionName: 'keiyaku',
      retryStrategy: (times: number) => Math.min(times * 100, 2_000),
      ...(redisUrl.startsWith('rediss:') && { tls: {} }),
    },
    settings: { lockDuration: lockMs, stalledInterval: stalledCheckMs, retryProcessDelay: 1_000 },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  };
}
