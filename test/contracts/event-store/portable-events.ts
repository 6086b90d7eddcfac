import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { expect, onTestFinished } from 'vitest';
import { parseEventLine, toEventLine } from '#libs/eventstore-server/src/ndjson/event-line.js';
import type { PortableEvent } from '#libs/eventstore-server/src/ndjson/event-line.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { feedCommand, runCommand } from './command-line.js';
import { connect } from './server-under-test.js';

export interface Place {
  readonly url: string;
  readonly client: EventStoreDBClient;
}

export async function freshServer(): Promise<Place> {
  const server = await startEventStoreServer();
  const client = connect(server.url);
  onTestFinished(() => server.stop());
  onTestFinished(() => client.dispose());
  return { url: server.url, client };
}

export function numbered(stream: string, count: number, from = 0): PortableEvent[] {
  return Array.from({ length: count }, (_, index) => event(stream, from + index));
}

export function event(stream: string, revision: number, changes: Partial<PortableEvent> = {}): PortableEvent {
  return {
    stream,
    revision,
    id: randomUUID(),
    type: 'tested',
    isJson: true,
    data: Buffer.from(JSON.stringify({ revision })),
    metadata: Buffer.alloc(0),
    ...changes,
  };
}

export function fileOf(events: readonly PortableEvent[]): string {
  return events.map((each) => `${toEventLine(each, { created: 0, position: undefined })}\n`).join('');
}

export function eventsIn(file: string): PortableEvent[] {
  return file
    .split('\n')
    .filter((line) => line !== '')
    .map(parseEventLine);
}

export async function exported({ url }: { readonly url: string }, ...what: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand('export', '--url', url, ...what);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

export async function imported({ url }: { readonly url: string }, file: string, ...how: readonly string[]) {
  const { code, stdout, stderr } = await feedCommand(['import', '--url', url, ...how], file);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as Record<string, number>;
}
