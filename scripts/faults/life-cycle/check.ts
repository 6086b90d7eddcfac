import { twoAtOnce } from '../attempts.js';
import { brokenStreams, missingReceipts } from '../checker.js';
import { type ClusterObject, isDown, namespaceOf } from '../cluster-objects.js';
import type { RawEvent } from '../raw-log.js';
import { type Change, changes, courses } from './changes.js';

/** What is left of a run. */
export interface Evidence {
  readonly log: readonly RawEvent[];
  readonly lives: readonly {
    readonly externalId: string;
    /** The cluster after each change. */
    readonly after: Readonly<Record<Change, readonly ClusterObject[]>>;
  }[];
  /** What the volume asks for once the contract is amended, like `80G`. */
  readonly amendedStorage: string;
}

const fromTheStart = ['contract.drafted', 'contract.signed', 'environment.requested', 'environment.ready'];
const never = new Set(['environment.needs_attention', 'environment.failed', 'environment.version_replaced']);

/** A line for everything that must not be, from the log and the cluster alone. */
export function findingsOfLives({ log, lives, amendedStorage }: Evidence): string[] {
  const findings = [...brokenStreams(log), ...missingReceipts(log)];
  for (const { externalId, after } of lives) {
    const events = eventsOf(log, externalId);
    const namespace = events.find(({ type }) => type === 'environment.requested')?.data['namespace'];
    const within = (change: Change) => after[change].filter((object) => namespaceOf(object) === namespace);
    const lines = [
      ...notOnce(events),
      ...outOfOrder(events),
      ...twoAtOnce(events),
      ...events.filter(({ type }) => never.has(type)).map(({ type }) => type),
      ...notReadyOnce(log, events),
      ...standing(within('amendment'), 'amendment', true),
      ...standing(within('suspension'), 'suspension', false),
      ...standing(within('resumption'), 'resumption', true),
      ...otherVolumes([within('amendment'), within('suspension'), within('resumption')], amendedStorage),
      ...within('termination').map(({ kind, metadata }) => `${kind} ${metadata.name} is left after its termination`),
    ];
    findings.push(...lines.map((line) => `${externalId}: ${line}`));
  }
  return findings;
}

/** Events of a contract and its environment. */
function eventsOf(log: readonly RawEvent[], externalId: string): readonly RawEvent[] {
  const ids = new Set<unknown>();
  for (const { type, data } of log) {
    if (data['externalId'] !== externalId) continue;
    if (type === 'contract.drafted') ids.add(data['contractId']);
    if (type === 'environment.requested') ids.add(data['environmentId']);
  }
  return log.filter(({ type, data }) => {
    if (type.startsWith('environment.')) return ids.has(data['environmentId']);
    return type.startsWith('contract.') && ids.has(data['contractId']);
  });
}

function notOnce(events: readonly RawEvent[]): string[] {
  return [...fromTheStart, ...changes.flatMap((change) => courses[change].once)].flatMap((wanted) => {
    const times = events.filter(({ type }) => type === wanted).length;
    return times === 1 ? [] : [`${times} times ${wanted}`];
  });
}

function outOfOrder(events: readonly RawEvent[]): string[] {
  const wanted = ['environment.ready', ...changes.map((change) => courses[change].done)];
  const seen = events.map(({ type }) => type).filter((type) => wanted.includes(type));
  return new Set(seen).size === wanted.length && seen.join() !== wanted.join()
    ? [`in the order ${seen.join(', ')}`]
    : [];
}

/** The customer is written to once when the environment is ready, whatever is killed afterwards. */
function notReadyOnce(log: readonly RawEvent[], events: readonly RawEvent[]): string[] {
  const environmentId = events.find(({ type }) => type === 'environment.requested')?.data['environmentId'];
  const mails = log.filter(({ type, data }) => {
    if (type !== 'delivery.requested') return false;
    const content = data['content'] as Readonly<Record<string, unknown>>;
    return content['environmentId'] === environmentId && content['template'] === 'environment_ready';
  });
  return mails.length === 1 ? [] : [`${mails.length} mails say that it is ready`];
}

/** Whether pods run as they have to, and the Namespace stands. */
function standing(objects: readonly ClusterObject[], change: Change, runs: boolean): string[] {
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  const wrong = [
    ...(objects.some(({ kind }) => kind === 'Namespace') ? [] : ['there is no namespace']),
    ...(runs && deployments.length === 0 ? ['there is no Deployment'] : []),
    ...(runs ? deployments.filter(isDown) : []).map(({ metadata }) => `Deployment ${metadata.name} is not up`),
    ...(runs ? [] : pods).map(({ metadata }) => `Pod ${metadata.name} stands`),
  ];
  return wrong.map((line) => `${line} after its ${change}`);
}

/** What the customer owns stays the very same volume, and is as large as the contract says. */
function otherVolumes(stages: readonly (readonly ClusterObject[])[], storage: string): string[] {
  const claims = stages.map((objects) => objects.filter(({ kind }) => kind === 'PersistentVolumeClaim'));
  const uids = new Set(
    claims.map((each) =>
      each
        .map(({ metadata }) => metadata.uid)
        .toSorted()
        .join(),
    ),
  );
  const sizes = claims.flat().map(({ spec }) => {
    return (spec?.['resources'] as { requests?: { storage?: string } } | undefined)?.requests?.storage;
  });
  return [
    ...(uids.size === 1 && claims[0]?.length === 1 ? [] : ['its volume is not the same all the time']),
    ...sizes.filter((size) => size !== storage).map((size) => `its volume asks for ${size}, not ${storage}`),
  ];
}
