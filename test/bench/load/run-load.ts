import { percentile } from '../statistics.js';
import { sendingToEventStore } from './event-store-sending.js';
import { sendingOverHttp } from './http-sending.js';
import type { LoadJob, LoadResult } from './load.js';
import { watchContracts } from './watch-contracts.js';

/**
 * Keeps `concurrency` requests in flight and counts the answers. The time begins when each of them had its first
 * answer: connections are open then, and the requests no longer move in step. Rejects when one is not a success.
 */
export async function runLoad({ work, concurrency, seconds, watch }: LoadJob): Promise<LoadResult> {
  const sending = 'eventStoreUrl' in work ? await sendingToEventStore(work) : sendingOverHttp(work, concurrency);
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
    latencyMs: {
      mean: latencies.reduce((sum, each) => sum + each, 0) / latencies.length,
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
    },
    ...(lagMs && { lagMs }),
  };
}
