/** A log of contracts without a suite, sealed as the suite does it: what rebuilds and long streams are measured on. */
import { EventStoreDBClient, type JSONType, type MetadataType, jsonEvent } from '@eventstore/db-client';
import type { EventMetadata } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import type { ContractEvent } from '#libs/events/src/contract.js';
import { draftBody } from '../load/payloads.js';
import type { ContractContent } from '#apps/contract/src/domain/contract.js';

const appendsAtOnce = 64;
/** Contracts that are drafted before the first of them goes on, so that a batch of events touches many rows. */
const contractsAtOnce = 2_000;
const streamPart = 500;
const schemas = new EventSchemas(eventCatalogue);

/** Three events for each contract; answers how many there are. */
export async function writeContracts(eventStoreUrl: string, personal: PersonalData, events: number): Promise<number> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const contracts = Math.ceil(events / 3);
  for (let written = 0; written < contracts; written += contractsAtOnce) {
    const ids = Array.from({ length: Math.min(contractsAtOnce, contracts - written) }, freshId);
    await inParallel(ids, (id) => append(client, personal, id, [drafted(id, 0)]));
    await inParallel(ids, (id) => append(client, personal, id, [signed(id, 0), changed(id, 1)]));
  }
  await client.dispose();
  return contracts * 3;
}

/**
 * One contract with as many events; answers its id and what it says at the end. Long streams are made by machines:
 * every tenth event is a change with the company's contact, the others are changes that came too late.
 */
export async function writeLongContract(
  eventStoreUrl: string,
  personal: PersonalData,
  events: number,
): Promise<{ readonly id: string; readonly content: ContractContent; readonly changedAt: string }> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const id = freshId();
  const changes = Array.from({ length: events - 2 }, (_, n) => (n % 10 === 0 ? changed(id, n + 1) : late(id, n)));
  const history = [drafted(id, 0), signed(id, 0), ...changes];
  for (let at = 0; at < history.length; at += streamPart) {
    await append(client, personal, id, history.slice(at, at + streamPart));
  }
  await client.dispose();
  const newest = Math.floor((events - 3) / 10) * 10 + 1;
  return { id, content: content(newest), changedAt: instant(newest) };
}

interface JSONEventParts {
  readonly type: string;
  readonly data: JSONType;
  readonly metadata: MetadataType;
}

async function inParallel<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: appendsAtOnce }, worker));
}

async function append(
  client: EventStoreDBClient,
  personal: PersonalData,
  id: string,
  events: readonly ContractEvent[],
): Promise<void> {
  const stream = `contract-${id}`;
  const plain = events.map((event) => ({ ...event, metadata: metadata() }));
  const sealed = await personal.seal(stream, plain, (type) => schemas.personalFields(type));
  const stored = sealed.map((event) => jsonEvent({ id: freshId(), ...(event as unknown as JSONEventParts) }));
  await client.appendToStream(stream, stored);
}

function metadata(): EventMetadata {
  return {
    commandId: freshId(),
    fingerprint: 'Q1p3b0n5bWk2c0d2a3l0d3h6eXJ0dWlvcGFzZGZnaGo',
    correlationId: freshId(),
    actor: { id: 'bench', role: 'SERVICE', ip: '127.0.0.1' },
    occurredAt: instant(0),
    schemaVersion: 1,
  };
}

function drafted(contractId: string, version: number): ContractEvent {
  const data = { contractId, ...content(version), origin: { channel: 'api' }, changedAt: instant(version) } as const;
  return { type: 'contract.drafted', data };
}

function signed(contractId: string, version: number): ContractEvent {
  return { type: 'contract.signed', data: { contractId, ...content(version) } };
}

function changed(contractId: string, version: number): ContractEvent {
  const facts = { contractId, ...content(version), origin: { channel: 'api' }, changedAt: instant(version) } as const;
  return { type: 'contract.amended', data: { ...facts, previous: facts.terms } };
}

function late(contractId: string, version: number): ContractEvent {
  const [changedAt, appliedChangedAt] = [instant(version - 1), instant(version)];
  return {
    type: 'contract.change_superseded',
    data: { contractId, origin: { channel: 'api' }, changedAt, appliedChangedAt },
  };
}

function content(version: number): ContractContent {
  return JSON.parse(draftBody(String(version))) as ContractContent;
}

function instant(second: number): string {
  return new Date(Date.UTC(2026, 0, 5) + second * 1000).toISOString();
}
