import type { EventStoreDBClient } from '@eventstore/db-client';
import { toEventLine } from './event-line.js';
import { recordedEvents } from './recorded-events.js';
import type { Reading } from './recorded-events.js';

export interface ExportSummary {
  readonly events: number;
  /** Position of the last event, decimal; where an export that broke off can go on. Null when nobody knows it. */
  readonly position: string | null;
}

const chunkLength = 64 * 1024;

/**
 * Writes the events as lines, no faster than `write` takes them.
 * @param onProgress is told of every chunk that is written
 * @throws ServiceError of gRPC
 */
export async function exportEvents(
  client: EventStoreDBClient,
  reading: Reading,
  write: (chunk: string) => Promise<void>,
  onProgress: (summary: ExportSummary) => void,
): Promise<ExportSummary> {
  let events = 0;
  let position: string | null = null;
  let chunk = '';
  const flush = async (): Promise<void> => {
    await write(chunk);
    chunk = '';
    onProgress({ events, position });
  };
  for await (const event of recordedEvents(client, reading)) {
    chunk += `${toEventLine(event, event)}\n`;
    events += 1;
    position = event.position ?? null;
    if (chunk.length >= chunkLength) await flush();
  }
  if (chunk !== '') await flush();
  return { events, position };
}
