import type { Given } from '#libs/kubernetes-simulator/src/drawn-failures.js';
import { twoAtOnce } from '../faults/attempts.js';
import { brokenStreams } from '../faults/checker.js';
import type { RawEvent } from '../faults/raw-log.js';
import { cases } from './cases.js';
import { type ClusterObject, isDown, namespaceOf } from '../faults/cluster-objects.js';
import { type Standing, standingAfter } from './progress.js';

/** What is left of a run: what was asked for, the log, the cluster, and what the cluster was told to do wrong. */
export interface Evidence {
  /** External ids of the contracts whose webhooks were acknowledged. */
  readonly requested: readonly string[];
  readonly log: readonly RawEvent[];
  readonly objects: readonly ClusterObject[];
  readonly given: readonly Given[];
}

/** A line for each thing that must not be, which begins with the external id or stream that it is about. */
export interface Verdict {
  readonly ready: number;
  readonly needsAttention: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Environments that are still on their way. */
  readonly stuck: readonly string[];
  /** Not what their failure has to lead to, or a failure where none was given. */
  readonly wrongClass: readonly string[];
  readonly wrong: readonly string[];
}

interface History {
  readonly environmentId: string;
  readonly namespace: string;
  readonly events: readonly RawEvent[];
}

type Named = Readonly<Record<'kind' | 'name', string>> & { readonly namespace?: string; readonly uid?: string };

const once = ['contract.drafted', 'contract.signed', 'environment.requested'];
const failures = new Set([
  'environment.step_failed',
  'environment.hindered',
  'environment.version_replaced',
  'environment.needs_attention',
]);
const environmentLabel = 'keiyaku.dev/environment';
const managed = 'app.kubernetes.io/managed-by';

/** Looks at the log and the cluster alone and says what does not fit together. */
export function verdictOnVolume({ requested, log, objects, given }: Evidence): Verdict {
  const lost: string[] = [];
  const doubled: string[] = [];
  const stuck: string[] = [];
  const wrongClass: string[] = [];
  const wrong = brokenStreams(log);
  const count = { working: 0, ready: 0, needs_attention: 0 };
  const byContract = byExternalId(log);
  const caseOf = new Map(given.map((each) => [each.namespace, each.case]));
  const namespaces = objectsByNamespace(objects);
  const mails = templatesByEnvironment(log);

  for (const externalId of requested) {
    const events = byContract.get(externalId) ?? [];
    for (const type of once) {
      const times = events.filter((event) => event.type === type).length;
      if (times === 0) lost.push(`${externalId}: no ${type}`);
      if (times > 1) doubled.push(`${externalId}: ${times} times ${type}`);
    }
    const history = historyOf(events);
    if (!history) continue;
    const standing = standingOf(history);
    count[standing] += 1;
    if (standing === 'working') {
      stuck.push(`${externalId}: ${history.events.at(-1)!.type} is the last that was heard of it`);
      continue;
    }
    const name = caseOf.get(history.namespace);
    wrongClass.push(...misjudged(history, standing, name).map((line) => `${externalId}: ${line}`));
    const told = mails.get(history.environmentId) ?? [];
    const due = name === undefined ? ['environment_ready'] : cases[name]!.mails;
    if (told.join() !== due.join()) wrong.push(`${externalId}: mails ${told.join(', ')} in place of ${due.join(', ')}`);
    doubled.push(...twoAtOnce(history.events).map((line) => `${externalId}: ${line}`));
    const standingObjects = namespaces.get(history.namespace) ?? [];
    wrong.push(...misplaced(history, standing, standingObjects).map((line) => `${externalId}: ${line}`));
    namespaces.delete(history.namespace);
  }
  for (const namespace of namespaces.keys())
    doubled.push(`${namespace}: the namespace belongs to nobody's environment`);
  const known = new Set(requested);
  for (const externalId of byContract.keys())
    if (!known.has(externalId)) wrong.push(`${externalId}: nobody asked for it`);
  return { ready: count.ready, needsAttention: count.needs_attention, lost, doubled, stuck, wrongClass, wrong };
}

/** Events of contracts and environments, by the external id of the contract. */
function byExternalId(log: readonly RawEvent[]): Map<string, RawEvent[]> {
  const owners = new Map<string, string>();
  const found = new Map<string, RawEvent[]>();
  for (const event of log) {
    const { externalId, contractId = '', environmentId = '' } = event.data as Readonly<Record<string, string>>;
    if (event.type === 'contract.drafted') owners.set(contractId, externalId ?? 'no external id');
    if (event.type === 'environment.requested') owners.set(environmentId, externalId ?? 'no external id');
    const ofContract = event.type.startsWith('contract.') && owners.get(contractId);
    const owner = ofContract || (event.type.startsWith('environment.') && owners.get(environmentId));
    if (!owner) continue;
    const events = found.get(owner) ?? [];
    events.push(event);
    found.set(owner, events);
  }
  return found;
}

function historyOf(events: readonly RawEvent[]): History | undefined {
  const request = events.find(({ type }) => type === 'environment.requested');
  if (!request) return undefined;
  const { environmentId = '', namespace = '' } = request.data as Readonly<Record<string, string>>;
  const own = events.filter(
    ({ type, data }) => type.startsWith('environment.') && data['environmentId'] === environmentId,
  );
  return { environmentId, namespace, events: own };
}

function standingOf({ events }: History): Standing {
  return events.reduce<Standing>((standing, { type }) => standingAfter(type) ?? standing, 'working');
}

/** The environment has to end as its case says, and every failure on the way has to be of the case's class. */
function misjudged({ events }: History, standing: Standing, name: string | undefined): string[] {
  const classes = new Set(events.filter(({ type }) => failures.has(type)).map(({ data }) => String(data['class'])));
  const due = name === undefined ? undefined : cases[name];
  const end = due?.end ?? 'ready';
  const what = name === undefined ? 'nothing went wrong' : `"${name}" was given`;
  return [
    ...(standing === end ? [] : [`${what} and it is ${standing}, not ${end}`]),
    ...(due && classes.size === 0 ? [`${what} and no failure was seen`] : []),
    ...[...classes].filter((each) => each !== due?.class).map((each) => `${what} and it was called ${each}`),
    ...(events.filter(({ type }) => type === 'environment.ready').length > 1 ? ['it became ready twice'] : []),
  ];
}

/** What stands in the namespace has to be what the log says, the very objects, and up when the environment is ready. */
function misplaced({ environmentId, events }: History, standing: Standing, standingObjects: readonly ClusterObject[]) {
  const newest = (type: string): readonly Named[] =>
    (events.findLast((event) => event.type === type)?.data['objects'] ?? []) as readonly Named[];
  const ours = standingObjects.filter(
    ({ metadata }) => metadata.labels?.[managed] === 'keiyaku' && !metadata.ownerReferences,
  );
  const planned = new Set(newest('environment.planned').map(nameOf));
  const uids = new Set(standingObjects.map(({ metadata }) => metadata.uid));
  const foreign = ours.filter(({ metadata }) => metadata.labels?.[environmentLabel] !== environmentId);
  return [
    ...foreign.map((object) => `${object.kind} ${object.metadata.name} belongs to another environment`),
    ...ours
      .filter((object) => !planned.has(nameOf(asNamed(object))))
      .map((object) => `nobody planned ${nameOf(asNamed(object))}`),
    ...(standing === 'ready' ? newest('environment.applied').filter(({ uid }) => !uids.has(uid ?? '')) : []).map(
      (object) => `${nameOf(object)} does not stand, or is another one`,
    ),
    ...(standing === 'ready'
      ? standingObjects.filter(isDown).map((object) => `${object.kind} ${object.metadata.name} is not up`)
      : []),
  ];
}

/** Every object that lies in a namespace of an environment, the Namespace itself too. */
function objectsByNamespace(objects: readonly ClusterObject[]): Map<string, ClusterObject[]> {
  const found = new Map<string, ClusterObject[]>();
  for (const object of objects) {
    const namespace = namespaceOf(object);
    if (!namespace?.startsWith('env-')) continue;
    const within = found.get(namespace) ?? [];
    within.push(object);
    found.set(namespace, within);
  }
  return found;
}

function templatesByEnvironment(log: readonly RawEvent[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { type, data } of log) {
    if (type !== 'delivery.requested') continue;
    const { environmentId, template } = data['content'] as Readonly<Record<string, string>>;
    found.set(environmentId!, [...(found.get(environmentId!) ?? []), template!]);
  }
  return found;
}

function asNamed({ kind, metadata }: ClusterObject): Named {
  return { kind, name: metadata.name };
}

function nameOf({ kind, name }: Named): string {
  return `${kind} ${name}`;
}
