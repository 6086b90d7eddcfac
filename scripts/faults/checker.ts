import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { Acknowledged } from './crm-load.js';
import { opened } from './opened-log.js';
import { type RawEvent, readWholeLog } from './raw-log.js';
import { differences, readModels } from './read-models.js';

export interface CheckOptions {
  readonly acknowledged: readonly Acknowledged[];
  readonly eventStoreUrl: string;
  /** URL of each context's database. */
  readonly databases: Readonly<Record<keyof typeof readModels, string>>;
  readonly keyDatabaseUrl: string;
  /** `ENCRYPTION_KEY` of the system. */
  readonly encryptionKey: string;
  readonly mailsFolder: string;
}

export interface Verdict {
  /** Acknowledged contracts for which something is missing, a line for each thing. */
  readonly lost: readonly string[];
  /** What happened twice. */
  readonly doubled: readonly string[];
  /** Mails that may have left twice and say so. */
  readonly possiblySent: number;
  /** Rows that differ from those of a rebuild. */
  readonly unequal: readonly string[];
  /** Everything else that must not be. */
  readonly wrong: readonly string[];
}

/** What is left of a run. */
export interface Evidence {
  readonly acknowledged: readonly Acknowledged[];
  readonly raw: readonly RawEvent[];
  /** The same with its personal values opened. */
  readonly log: readonly RawEvent[];
  /** How many came, by recipient. */
  readonly mails: ReadonlyMap<string, number>;
}

/** Looks at the raw log, the databases and the mails alone, and says what does not fit together. */
export async function check(options: CheckOptions): Promise<Verdict> {
  const raw = await readWholeLog(options.eventStoreUrl);
  const log = await opened(raw, options.keyDatabaseUrl, options.encryptionKey);
  const { acknowledged } = options;
  const found = verdictOnLog({ acknowledged, raw, log, mails: mailsByRecipient(options.mailsFolder) });
  const wrong = [...found.wrong];
  const unequal: string[] = [];
  for (const context of Object.keys(readModels) as (keyof typeof readModels)[]) {
    const database = new Client(options.databases[context]);
    await database.connect();
    try {
      for (const projection of readModels[context]) unequal.push(...(await differences(projection, log, database)));
      wrong.push(...(await refusals(database)));
    } finally {
      await database.end();
    }
  }
  return { ...found, unequal, wrong };
}

/** Says what does not fit together in the log and the mails. */
export function verdictOnLog({ acknowledged, raw, log, mails }: Evidence): Omit<Verdict, 'unequal'> {
  const lost: string[] = [];
  const doubled: string[] = [];
  const wrong = [...brokenStreams(log), ...missingReceipts(log), ...inTheClear(raw, acknowledged)];
  const counts = countByContract(log);

  for (const { externalId, webhookId, email } of acknowledged) {
    const seen = counts.get(externalId) ?? new Map<string, number>();
    const webhooks = log.filter(({ type, data }) => type === 'webhook.received' && data['webhookId'] === webhookId);
    const facts = new Map([
      ['webhook.received', webhooks.length],
      ...once.map((type) => [type, seen.get(type) ?? 0] as const),
    ]);
    for (const [what, count] of facts) {
      if (count === 0) lost.push(`${externalId}: no ${what}`);
      if (count > 1) doubled.push(`${externalId}: ${count} times ${what}`);
    }
    for (const type of never) if (seen.has(type)) wrong.push(`${externalId}: ${type}`);
    const sent = mails.get(email) ?? 0;
    const allowed = 1 + (seen.get('delivery.possibly_sent') ?? 0);
    if (sent === 0) lost.push(`${externalId}: no mail to ${email}`);
    if (sent > allowed) doubled.push(`${externalId}: ${sent} mails to ${email}, and ${allowed} may be`);
  }
  const known = new Set(acknowledged.map(({ externalId }) => externalId));
  for (const externalId of counts.keys()) if (!known.has(externalId)) wrong.push(`${externalId}: nobody asked for it`);

  const possiblySent = log.filter(({ type }) => type === 'delivery.possibly_sent').length;
  return { lost, doubled, possiblySent, wrong };
}

/** What must stand exactly once in the log for each contract. */
const once = [
  'contract.drafted',
  'contract.signed',
  'reservation.made',
  'reservation.confirmed',
  'environment.requested',
  'environment.ready',
  'delivery.requested',
  'delivery.sent',
];
const never = [
  'environment.needs_attention',
  'delivery.abandoned',
  'contract.change_recorded',
  'contract.change_superseded',
];

/** How often each event type stands in the log, by the external id of the contract that it belongs to. */
function countByContract(log: readonly RawEvent[]): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  const contracts = new Map<string, string>();
  const environments = new Map<string, string>();
  /** Deliveries that tell of a delay: a cluster that is away for long may cause one. */
  const notices = new Set<string>();
  for (const { type, data } of log) {
    const { externalId, contractId, environmentId, deliveryId } = data as Readonly<Record<string, string>>;
    if (type === 'contract.drafted') contracts.set(contractId!, externalId!);
    if (type === 'environment.requested') environments.set(environmentId!, contracts.get(contractId!) ?? 'no contract');
    if (type === 'delivery.requested') {
      const { environmentId: announced, template } = data['content'] as { environmentId: string; template: string };
      if (template !== 'environment_ready') notices.add(deliveryId!);
      environments.set(deliveryId!, environments.get(announced) ?? 'no environment');
    }
  }
  for (const { type, data } of log) {
    const { contractId, environmentId, deliveryId, owner } = data as Readonly<Record<string, string>>;
    const contract = contracts.get(contractId ?? '') ?? environments.get(environmentId ?? deliveryId ?? owner ?? '');
    if (contract === undefined || notices.has(deliveryId ?? '')) continue;
    const seen = counts.get(contract) ?? new Map<string, number>();
    counts.set(contract, seen.set(type, (seen.get(type) ?? 0) + 1));
  }
  return counts;
}

/** Every stream counts up from 0, and the events of one command stand together: a command was carried out once. */
export function brokenStreams(log: readonly RawEvent[]): string[] {
  const wrong: string[] = [];
  const newest = new Map<string, RawEvent>();
  const done = new Set<string>();
  for (const event of log) {
    const before = newest.get(event.stream);
    if (event.revision !== (before?.revision ?? -1) + 1) {
      wrong.push(`${event.stream}: revision ${event.revision} after ${before?.revision ?? 'none'}`);
    }
    const command = `${event.stream} ${String(event.metadata['commandId'])}`;
    if (done.has(command) && before?.metadata['commandId'] !== event.metadata['commandId']) {
      wrong.push(`${event.stream}: the command of ${event.type} (revision ${event.revision}) was carried out twice`);
    }
    done.add(command);
    newest.set(event.stream, event);
  }
  return wrong;
}

/**
 * An event that a policy caused carries the id that its cause, the policy and the target make: with it, a second
 * delivery of the cause is known to be a repeat. A reservation may be asked for afresh, because it can expire.
 */
export function missingReceipts(log: readonly RawEvent[]): string[] {
  const policy = /^policy:(.+)$/;
  return log.flatMap(({ stream, type, metadata }) => {
    const { actor, causationId, commandId } = metadata as {
      actor?: { id: string };
      causationId?: string;
      commandId?: string;
    };
    const name = policy.exec(actor?.id ?? '')?.[1];
    if (name === undefined || type === 'reservation.made') return [];
    const target = stream.slice(stream.indexOf('-') + 1);
    const receipt = stableId(causationId ?? '', name, target);
    return commandId === receipt ? [] : [`${stream}: ${type} of ${name} carries no receipt of its cause`];
  });
}

/** Addresses of contacts stand in the log under the keys of their subjects only. */
function inTheClear(raw: readonly RawEvent[], acknowledged: readonly Acknowledged[]): string[] {
  const clear = new Map<string, string>();
  for (const { stream, data, metadata } of raw) {
    const text = JSON.stringify([data, metadata]);
    for (const [address] of text.matchAll(/[^\s"<>]+@[^\s"<>]+/g)) clear.set(address, stream);
  }
  return acknowledged.flatMap(({ email }) =>
    clear.has(email) ? [`${clear.get(email)}: ${email} stands in the log in the clear`] : [],
  );
}

function mailsByRecipient(folder: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.eml'))) {
    const headers = readFileSync(join(folder, name), 'latin1').split('\r\n\r\n', 1)[0] ?? '';
    const recipient = /^to:.*?([^\s<>]+@[^\s<>]+)/im.exec(headers)?.[1] ?? `nobody in ${name}`;
    counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
  }
  return counts;
}

async function refusals(database: Client): Promise<string[]> {
  const { rows } = await database.query<Record<'policy' | 'stream' | 'code' | 'detail', string>>(
    'select policy, stream, code, detail from policy_refusals order by refused_at',
  );
  const refused = rows.map(
    ({ policy, stream, code, detail }) => `${policy} was refused for ${stream}: ${code} (${detail})`,
  );
  const { rows: parked } = await database.query<Record<'policy' | 'stream' | 'state', string>>(
    `select policy, stream, state from policy_parked_events where state in ('parked', 'waiting')`,
  );
  return [...refused, ...parked.map(({ policy, stream, state }) => `${policy} has ${stream} ${state}`)];
}
