import { Gauge, register } from 'prom-client';
import type { ConsumerReport } from '#libs/event-sourcing/src/consumer.js';

type Source = () => Promise<readonly ConsumerReport[]>;

// The registry belongs to the process, and a process may hold several apps.
const sources = new Set<Source>();

/** Adds an app's consumers to `/metrics`; call what it answers to take them out. */
export function reportConsumers(source: Source): () => void {
  if (!register.getSingleMetric(lagEvents)) {
    register.registerMetric(gauge(lagEvents, eventsHelp, (report) => report.lagEvents));
    register.registerMetric(gauge(lagSeconds, secondsHelp, (report) => report.lagSeconds));
  }
  sources.add(source);
  return () => void sources.delete(source);
}

const lagEvents = 'consumer_lag_events';
const lagSeconds = 'consumer_lag_seconds';
const standbyHelp =
  'Told by the process that runs the consumer, and by one where it was stopped or pauses, from its checkpoint then; ' +
  'a standby tells nothing.';
const eventsHelp =
  'Events of the log, of whatever type, that a consumer has not passed. Exact for the newest 1000 events at least, ' +
  `a lower bound for one that is further behind. ${standbyHelp}`;
const secondsHelp = `Age of the oldest event that a consumer has not passed; 0 when there is none. ${standbyHelp}`;

function gauge(
  name: string,
  help: string,
  value: (report: ConsumerReport) => number | undefined,
): Gauge<'consumer' | 'kind'> {
  return new Gauge({
    name,
    help,
    labelNames: ['consumer', 'kind'],
    registers: [],
    async collect() {
      this.reset();
      for (const report of await measured()) {
        const lag = value(report);
        if (lag !== undefined) this.set({ consumer: report.name, kind: report.kind }, lag);
      }
    },
  });
}

let measuring: Promise<readonly ConsumerReport[]> | undefined;

/** One measurement serves both gauges of a scrape. */
async function measured(): Promise<readonly ConsumerReport[]> {
  measuring ??= Promise.all([...sources].map((source) => source()))
    .then((reports) => reports.flat())
    .finally(() => (measuring = undefined));
  return measuring;
}
