import monitoring from '@eventstore/db-client/generated/monitoring_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { toCallError } from './errors.js';
import { flatten } from './statistics.js';
import type { Statistics } from './statistics.js';

/** More often nobody needs it, and anybody may ask. */
const shortestPeriodMs = 100;

type Call = ServerWritableStream<monitoring.StatsReq, monitoring.StatsResp>;

/** Sends the statistics once per period, until the caller leaves. */
export function statsHandler(statistics: Statistics) {
  return (call: Call): void => {
    sendStats(statistics, call).catch((error: unknown) => call.emit('error', toCallError(error)));
  };
}

async function sendStats(statistics: Statistics, call: Call): Promise<void> {
  const periodMs = Math.max(shortestPeriodMs, Number(call.request.getRefreshTimePeriodInMs()));
  const left = new AbortController();
  call.once('close', () => left.abort());
  try {
    while (!call.destroyed) {
      const response = new monitoring.StatsResp();
      const values = response.getStatsMap();
      for (const [name, value] of Object.entries(flatten(statistics.read()))) values.set(name, String(value));
      if (!call.write(response)) await once(call, 'drain', left);
      await delay(periodMs, undefined, left);
    }
  } catch (error) {
    if (!left.signal.aborted) throw error;
  }
}
