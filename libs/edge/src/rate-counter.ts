/** Counts requests in fixed windows, for all processes together in Redis. */
import { once } from 'node:events';
import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Redis } from 'ioredis';
import { Logger } from '@nestjs/common';

export interface Count {
  /** Requests of the window so far, this one included. */
  readonly count: number;
  /** Until the window ends and the count begins anew. */
  readonly leftMs: number;
}

const prefix = 'keiyaku:rate:';
/** A request waits no longer for its count. */
const answerWithinMs = 250;
const connectWithinMs = 1_000;
const askAgainAfterMs = 2_000;
const keptKeys = 50_000;

/** Sent once; Redis is told its hash with each request. */
const lua = `
  local count = redis.call('INCRBY', KEYS[1], ARGV[2])
  if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return { count, redis.call('PTTL', KEYS[1]) }`;

type CountRequests = (key: string, windowMs: number, requests: number) => Promise<[count: number, leftMs: number]>;

/**
 * While Redis does not answer, this process counts for itself: requests go on, and nobody may send without end. What
 * Redis counted before goes on when it is back.
 */
export class RateCounter {
  private readonly logger = new Logger('rate-limits');
  private readonly own = new OwnCounts();
  private readonly redis: Redis & { countRequests: CountRequests };
  private readonly breaker = circuitBreaker(handleAll, {
    halfOpenAfter: askAgainAfterMs,
    breaker: new ConsecutiveBreaker(3),
  });

  constructor(redisUrl: string) {
    const redis = new Redis(redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: answerWithinMs,
      connectionName: 'keiyaku edge',
      retryStrategy: (times) => Math.min(times * 100, 2_000),
    });
    redis.defineCommand('countRequests', { numberOfKeys: 1, lua });
    this.redis = redis as typeof this.redis;
    // Whoever asks hears of it.
    this.redis.on('error', () => undefined);
    this.breaker.onBreak(() => this.logger.warn('Redis does not answer: this process counts requests for itself'));
    this.breaker.onReset(() => this.logger.log('Redis counts requests again'));
  }

  /** Redis is there, or a moment has passed. */
  async ready(): Promise<void> {
    if (this.redis.status === 'ready') return;
    await once(this.redis, 'ready', { signal: AbortSignal.timeout(connectWithinMs) }).catch(() => undefined);
  }

  /** @param requests 0 only looks */
  async add(key: string, windowMs: number, requests = 1): Promise<Count> {
    // The breaker would let them wait for the one that tries.
    if (this.breaker.state === CircuitState.HalfOpen) return this.own.add(key, windowMs, requests);
    try {
      const [count, leftMs] = await this.breaker.execute(() =>
        this.redis.countRequests(prefix + key, windowMs, requests),
      );
      return { count, leftMs };
    } catch (error) {
      if (!(error instanceof BrokenCircuitError))
        this.logger.debug({ err: error }, 'A request was not counted in Redis');
      return this.own.add(key, windowMs, requests);
    }
  }

  close(): void {
    this.redis.disconnect();
  }
}

/** In memory; the least recent window goes when there are too many. */
class OwnCounts {
  private readonly windows = new Map<string, { count: number; endsAt: number }>();

  add(key: string, windowMs: number, requests: number): Count {
    const now = performance.now();
    let window = this.windows.get(key);
    if (!window || window.endsAt <= now) {
      this.windows.delete(key);
      const [oldest] = this.windows.keys();
      if (oldest !== undefined && this.windows.size >= keptKeys) this.windows.delete(oldest);
      this.windows.set(key, (window = { count: 0, endsAt: now + windowMs }));
    }
    window.count += requests;
    return { count: window.count, leftMs: window.endsAt - now };
  }
}
