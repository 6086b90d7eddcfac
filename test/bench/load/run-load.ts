import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../statistics.js';
import { sendingToEventStore } from './event-store-sending.js';
import { sendingOverHttp } from './http-sending.js';
import type { LoadJob, LoadResult, Work } from './load.js';
import type { Sending } from './sending.js';
import { watchContracts } from './watch-contracts.js';

/** Rejects when one request is not a success. */
export function runLoad(job: LoadJob): Promise<LoadResult> {
  return job.perSecond === undefined ? keepInFlight(job) : keepRate(job, job.perSecond);
}

/**
 * Keeps `concurrency` requests in flight and counts the answers. The time begins when each of them had its first
 * answer: connections are open then, and the requests no longer move in step.
 */
async function keepInFlight({ work, concurrency, seconds, watch }: LoadJob): Promise<LoadResult> {
  const sending = await startSending(work, concurrency);
  const watcher = watch && (await watchContracts(watch.databaseUrl));
  const latencies: number[] = [];
  let warm = 0;
  let answers = 0;
  let until = Number.POSITIVE_INFINITY;
  const sendOneByOne = async (): Promise<void> => {
    await sending.send();
    answers++;
    if (++warm === concurrency) until = performance.now() + seconds * 1000;
    for (;;) {
      const sent = performance.now();
      if (sent >= until) return;
      const { id } = await sending.send();
      const answered = performance.now();
      answers++;
      if (warm < concurrency || answered > until) continue;
      latencies.push(answered - sent);
      if (id !== undefined) watcher?.expect(id, answered);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendOneByOne));
  await sending.end();
  const lagMs = await watcher?.done();
  return {
    perSecond: latencies.length / seconds,
    answers,
    latencyMs: summary(latencies),
    ...(lagMs && { lagMs }),
  };
}

/** The first second opens the connections and does not count. */
const warmUpSeconds = 1;

/** A server that falls behind shows it: the time of a request begins when it was due, not when a connection was free. */
async function keepRate({ work, concurrency, seconds }: LoadJob, perSecond: number): Promise<LoadResult> {
  const sending = await startSending(work, concurrency);
  const start = performance.now();
  const latencies: number[] = [];
  const requests = Array.from({ length: Math.round((warmUpSeconds + seconds) * perSecond) }, async (_, number) => {
    const due = start + (number * 1000) / perSecond;
    await delay(Math.max(0, due - performance.now()));
    await sending.send();
    if (number >= warmUpSeconds * perSecond) latencies.push(performance.now() - due);
  });
  await Promise.all(requests);
  const took = (performance.now() - start) / 1000 - warmUpSeconds;
  await sending.end();
  return {
    perSecond: latencies.length / took,
    answers: requests.length,
    latencyMs: summary(latencies),
  };
}

async function startSending(work: Work, connections: number): Promise<Sending> {
  return 'eventStoreUrl' in work ? sendingToEventStore(work) : sendingOverHttp(work, connections);
}

function summary(latencies: readonly number[]): LoadResult['latencyMs'] {
  return {
    mean: latencies.reduce((sum, each) => sum + each, 0) / latencies.length,
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
  };
}
