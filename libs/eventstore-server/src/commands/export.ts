import { once } from 'node:events';
import { explainCallError } from '../ndjson/call-error.js';
import { exportEvents } from '../ndjson/export-events.js';
import type { ExportSummary } from '../ndjson/export-events.js';
import { isBadPosition } from '../ndjson/recorded-events.js';
import type { Reading } from '../ndjson/recorded-events.js';
import { connect } from './connection.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore export [--url URL] (--all | --stream NAME) [--from N] > FILE

  --url URL      of any event store that speaks the EventStoreDB protocol: esdb://USER:PASSWORD@HOST:2113;
                 without it that of EVENTSTORE_URL, which no list of processes shows
  --all          the whole log, in its order
  --stream NAME  one stream; its metadata is the stream $$NAME
  --from N       begins with the event of this number, or with --all at this position

Standard output gets one event a line, as JSON. Standard error tells how far it is, at last as
{"events":12,"position":"3480"}.`;

const reportEveryMs = 2_000;

function readReading(args: readonly string[]): { url: string | undefined; reading: Reading } {
  const { url, all, stream, from } = readOptions(args, {
    url: { type: 'string' },
    all: { type: 'boolean', default: false },
    stream: { type: 'string' },
    from: { type: 'string' },
  });
  if (all === (stream !== undefined)) throw new UsageError('Give either --all or --stream NAME.');
  if (stream === '') throw new UsageError('Give --stream the name of a stream.');
  if (from !== undefined && !/^\d{1,18}$/.test(from)) throw new UsageError('Give --from a number from 0 on.');
  return { url, reading: { stream, from: from === undefined ? undefined : BigInt(from) } };
}

export async function run(args: readonly string[]): Promise<void> {
  const { url, reading } = readReading(args);
  const client = connect(url);
  process.stdout.on('error', () => {
    process.stderr.write('Nobody takes the output any more: the export has ended early.\n');
    process.exit(1);
  });
  let reached: ExportSummary = { events: 0, position: null };
  const timer = setInterval(() => report(reached), reportEveryMs);
  try {
    const summary = await exportEvents(client, reading, write, (progress) => (reached = progress));
    if (summary.events === 0 && reading.stream !== undefined && reading.from === undefined) {
      throw new Error(`Stream ${reading.stream} does not exist, or nothing in it can be read.`);
    }
    report(summary);
  } catch (error) {
    throw explained(error, reading, reached);
  } finally {
    clearInterval(timer);
    await client.dispose();
  }
}

async function write(chunk: string): Promise<void> {
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}

function report(summary: ExportSummary): void {
  process.stderr.write(`${JSON.stringify(summary)}\n`);
}

function explained(error: unknown, { stream, from }: Reading, { events, position }: ExportSummary): Error {
  if (stream === undefined && isBadPosition(error)) {
    return new Error(`No event begins at position ${from}: take the "position" of a line, or leave out --from.`);
  }
  const incomplete =
    events === 0 ? '' : ` The output is incomplete: it has ${events} events, the last one at position ${position}.`;
  return new Error(`${explainCallError(error)}${incomplete}`);
}
