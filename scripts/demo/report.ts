import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '#libs/local-stack/src/stack.js';
import type { mailTemplates } from '#libs/events/src/notification.js';
import type { Told } from './crm-inbox.js';
import { poll, sentMail } from './follow.js';
import { passed, type Scenario } from './scenarios.js';
import type { KeiyakuApi } from './keiyaku-api.js';

type Template = (typeof mailTemplates)[number];

/** The case that was played, and how the log says that it ended. */
export interface Outcome {
  readonly name: string;
  readonly scenario: Scenario;
  readonly status: Scenario['end']['status'];
  readonly crmTold: readonly Told[];
}

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
  readonly scenario: string;
  /** True when the case ended as it should: status, class of the failure, events on the way and mails. */
  readonly asExpected: boolean;
  /** Class of what is wrong at the end; null when nothing is. */
  readonly failureClass: string | null;
  /** Every mail to the customer that the case calls for, as the path of its .eml. */
  readonly mails: Readonly<Partial<Record<Template, string>>>;
  /** Path of the .eml that tells of the ready environment; null when none was sent. */
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
  readonly failureClass: string | null;
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
  { name, scenario, status, crmTold }: Outcome,
  { mailsFolder }: Stack,
  signal: AbortSignal,
): Promise<{ result: DemoResult; timeline: readonly TimelineEntry[] }> {
  const [environment, timeline, history] = await Promise.all([
    settled(api, ids.environmentId, status, signal),
    api.get<History>(`/api/environments/${ids.environmentId}/timeline?limit=200`),
    api.get<History>(`/api/contracts/${ids.contractId}/history?limit=200`),
  ]);
  const mails: Partial<Record<Template, string>> = {};
  for (const template of environment.status === scenario.end.status ? scenario.mails : []) {
    const messageId = await sentMail(api, ids.environmentId, template, signal);
    mails[template] = mailFile(mailsFolder, messageId) ?? '';
  }
  const signed = history.items.find(({ eventType }) => eventType === 'contract.signed');
  const ready = timeline.items.find(({ eventType }) => eventType === 'environment.ready');
  const types = timeline.items.map(({ eventType }) => eventType);
  const result: DemoResult = {
    ...ids,
    scenario: name,
    asExpected: endedAs(scenario, environment, types),
    failureClass: environment.failureClass,
    mails,
    namespace: environment.namespace,
    status: environment.status,
    objectsApplied: environment.objectsApplied,
    steps: environment.steps.flatMap(({ name, ms }) => (ms === undefined ? [] : [{ name, ms }])),
    signedToReadyMs: signed && ready ? Date.parse(ready.timestamp) - Date.parse(signed.timestamp) : null,
    mail: mails.environment_ready ?? null,
    crmTold,
    events: timeline.items.length,
    url: environment.url,
  };
  return { result, timeline: timeline.items };
}

/** @param history types of the environment's events, oldest first */
export function endedAs(
  { end, passes }: Pick<Scenario, 'end' | 'passes'>,
  { status, failureClass }: Pick<Environment, 'status' | 'failureClass'>,
  history: readonly string[],
): boolean {
  return status === end.status && failureClass === end.class && passed(passes, history);
}

/** The list follows the log by a moment. */
function settled(
  api: KeiyakuApi,
  environmentId: string,
  status: Outcome['status'],
  signal: AbortSignal,
): Promise<Environment> {
  const look = async (): Promise<Environment | undefined> => {
    const environment = await api.get<Environment>(`/api/environments/${environmentId}`, signal);
    return environment.status === status ? environment : undefined;
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
  Case         ${result.scenario}, ended ${result.asExpected ? 'as it should' : 'otherwise than it should'}
  Mails        ${Object.values(result.mails).join(', ') || 'none'}
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
