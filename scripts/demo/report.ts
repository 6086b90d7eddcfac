import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '#libs/local-stack/src/stack.js';
import type { Told } from './crm-inbox.js';
import { poll } from './follow.js';
import type { KeiyakuApi } from './keiyaku-api.js';

/** The last line of `--json`. */
export interface DemoResult {
  readonly contractId: string;
  readonly environmentId: string;
  readonly namespace: string;
  readonly status: string;
  readonly objectsApplied: number;
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
  /** From `contract.signed` to `environment.ready`; null when it did not become ready. */
  readonly signedToReadyMs: number | null;
  /** Path of the .eml; null when none was sent. */
  readonly mail: string | null;
  /** What the CRM was told by signed webhooks, oldest first. */
  readonly crmTold: readonly Told[];
  /** Events in the environment's stream. */
  readonly events: number;
  readonly url: string;
}

interface Environment {
  readonly namespace: string;
  readonly status: string;
  readonly url: string;
  readonly objectsApplied: number;
  readonly steps: readonly { readonly name: string; readonly ms?: number }[];
}

export interface TimelineEntry {
  readonly eventType: string;
  readonly timestamp: string;
  /** What happened, in plain words. */
  readonly line: string;
}

interface History {
  readonly items: readonly TimelineEntry[];
}

/** Asks the API for everything that the demo ends with. */
export async function collect(
  api: KeiyakuApi,
  ids: { readonly contractId: string; readonly environmentId: string },
  { mail, crmTold }: Pick<DemoResult, 'mail' | 'crmTold'>,
  signal: AbortSignal,
): Promise<{ result: DemoResult; timeline: readonly TimelineEntry[] }> {
  const [environment, timeline, history] = await Promise.all([
    settled(api, ids.environmentId, signal),
    api.get<History>(`/api/environments/${ids.environmentId}/timeline?limit=200`),
    api.get<History>(`/api/contracts/${ids.contractId}/history?limit=200`),
  ]);
  const signed = history.items.find(({ eventType }) => eventType === 'contract.signed');
  const ready = timeline.items.find(({ eventType }) => eventType === 'environment.ready');
  const result: DemoResult = {
    ...ids,
    namespace: environment.namespace,
    status: environment.status,
    objectsApplied: environment.objectsApplied,
    steps: environment.steps.flatMap(({ name, ms }) => (ms === undefined ? [] : [{ name, ms }])),
    signedToReadyMs: signed && ready ? Date.parse(ready.timestamp) - Date.parse(signed.timestamp) : null,
    mail,
    crmTold,
    events: timeline.items.length,
    url: environment.url,
  };
  return { result, timeline: timeline.items };
}

/** The list follows the log by a moment. */
function settled(api: KeiyakuApi, environmentId: string, signal: AbortSignal): Promise<Environment> {
  const look = async (): Promise<Environment | undefined> => {
    const environment = await api.get<Environment>(`/api/environments/${environmentId}`, signal);
    return ['ready', 'needs_attention'].includes(environment.status) ? environment : undefined;
  };
  return poll(look, 'The environment did not appear as finished', signal);
}

/** The path of the .eml with a Message-ID. */
export function mailFile(folder: string, messageId: string): string | null {
  const files = readdirSync(folder).filter((name) => name.endsWith('.eml'));
  const found = files.find((name) => readFileSync(join(folder, name), 'utf8').includes(messageId));
  return found === undefined ? null : join(folder, found);
}

/** What a person wants to know. */
export function describe(result: DemoResult, timeline: readonly TimelineEntry[], { urls, dataDir }: Stack): string {
  const steps = result.steps.map(({ name, ms }) => `${name} ${ms} ms`).join(', ');
  const token = `$(node -p "require('${dataDir}/service-clients.json').find(({ id }) => id === 'crm').secret")`;
  const rows = timeline.map(({ eventType, timestamp, line }) => `  ${timestamp}  ${eventType.padEnd(36)} ${line}`);
  return `
  Environment  ${result.url} is ${result.status}${took(result)}
  Namespace    ${result.namespace} with ${result.objectsApplied} objects
  Steps        ${steps}
  Mail         ${result.mail ?? 'none'}
  CRM          was told by signed webhooks: ${result.crmTold.map(({ status }) => status).join(', then ')}
  Swagger      ${urls.docs}

  Ask yourself:
  TOKEN=$(curl -s ${urls.api}/auth/token -H 'content-type: application/json' -d "{\\"grant_type\\":\\"client_credentials\\",\\"client_id\\":\\"crm\\",\\"client_secret\\":\\"${token}\\"}" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s ${urls.api}/environments/${result.environmentId}/timeline -H "authorization: Bearer $TOKEN"

  The environment's ${result.events} events:
${rows.join('\n')}
`;
}

function took({ signedToReadyMs }: DemoResult): string {
  return signedToReadyMs === null ? '' : `, ${(signedToReadyMs / 1000).toFixed(1)} s after the contract was signed`;
}
