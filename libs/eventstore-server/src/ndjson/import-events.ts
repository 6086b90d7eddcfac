import type { EventStoreDBClient } from '@eventstore/db-client';
import { Appender } from './appender.js';
import { isAccessDenied } from './call-error.js';
import { ImportRun } from './import-run.js';
import type { ImportSummary } from './import-run.js';
import { recordedEvents } from './recorded-events.js';

export interface ImportOptions {
  /** True: system streams too. The metadata of other streams comes along always. */
  readonly system: boolean;
  readonly report: (progress: string) => void;
}

const reportEveryMs = 2_000;

/**
 * Appends every event of the file at the number that it had. Repeats change nothing: an event with the same id at the
 * same number of its stream is recognised.
 * @throws Error that names the line at which it ended, and why
 */
export async function importEvents(
  client: EventStoreDBClient,
  input: AsyncIterable<Buffer>,
  options: ImportOptions,
): Promise<ImportSummary> {
  const head = await headOf(client);
  const appender = await Appender.open(client);
  const run = new ImportRun(client, appender, head, options.system);
  const timer = setInterval(() => options.report(JSON.stringify(run.summary)), reportEveryMs);
  try {
    await run.takeAll(input);
    return run.summary;
  } finally {
    clearInterval(timer);
    appender.close();
  }
}

/** Position of the newest event; undefined when the user may not know it. */
async function headOf(client: EventStoreDBClient): Promise<bigint | undefined> {
  try {
    for await (const { position } of recordedEvents(client, { stream: undefined, only: 'last' })) {
      return BigInt(position ?? 0);
    }
    return 0n;
  } catch (error) {
    if (isAccessDenied(error)) return undefined;
    throw error;
  }
}
