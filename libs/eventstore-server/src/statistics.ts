import { freemem, loadavg, totalmem } from 'node:os';
import type { EventLog } from './event-log.js';

/** Names to numbers and texts, grouped. */
export interface Group {
  readonly [name: string]: string | number | Group;
}

/** What the node tells about itself; EventStoreDB's names where it has one for the same thing. */
export class Statistics {
  readonly #startTime = new Date().toISOString();
  #sampledAt = process.hrtime.bigint();
  #cpu = process.cpuUsage();

  constructor(private readonly log: EventLog) {}

  read(): Group {
    const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = loadavg();
    const { rss, heapUsed } = process.memoryUsage();
    const { fsRead, fsWrite } = process.resourceUsage();
    return {
      proc: {
        startTime: this.#startTime,
        id: process.pid,
        mem: rss,
        heap: heapUsed,
        cpu: this.#cpuPercent(),
        diskIo: { readOps: fsRead, writeOps: fsWrite },
      },
      sys: {
        freeMem: freemem(),
        totalMem: totalmem(),
        loadavg: { '1m': oneMinute, '5m': fiveMinutes, '15m': fifteenMinutes },
      },
      es: {
        checksum: this.log.storage.end,
        queue: { StorageWriterQueue: { length: this.log.waitingAppends } },
      },
    };
  }

  /** Of one core, since it was asked for the last time. */
  #cpuPercent(): number {
    const now = process.hrtime.bigint();
    const { user, system } = process.cpuUsage(this.#cpu);
    const percent = ((user + system) * 100_000) / Number(now - this.#sampledAt);
    this.#sampledAt = now;
    this.#cpu = process.cpuUsage();
    return Math.round(percent * 10) / 10;
  }
}

/** `{ proc: { id: 1 } }` becomes `{ 'proc-id': 1 }`. */
export function flatten(group: Group, prefix = ''): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(group).flatMap(([name, value]) =>
      typeof value === 'object' ? Object.entries(flatten(value, `${prefix}${name}-`)) : [[`${prefix}${name}`, value]],
    ),
  );
}
