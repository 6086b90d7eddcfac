import { expect, it } from 'vitest';
import type { RawEvent } from '../../scripts/faults/raw-log.js';
import { cases, sharesOf } from '../../scripts/volume/cases.js';
import { type Evidence, verdictOnVolume } from '../../scripts/volume/check.js';
import type { ClusterObject } from '../../scripts/faults/cluster-objects.js';
import { Progress } from '../../scripts/volume/progress.js';

const environmentId = 'e1';
const namespace = 'env-volume-1';
const ours = { 'app.kubernetes.io/managed-by': 'keiyaku', 'keiyaku.dev/environment': environmentId };
type Written = Pick<RawEvent, 'type'> & { readonly data?: RawEvent['data']; readonly at?: string };

const objects = [
  { kind: 'Namespace', name: namespace },
  { kind: 'Deployment', name: 'web', namespace },
];
const cluster: readonly ClusterObject[] = [
  { kind: 'Namespace', metadata: { name: namespace, uid: 'u-namespace', labels: ours } },
  {
    kind: 'Deployment',
    metadata: { name: 'web', namespace, uid: 'u-web', labels: ours },
    spec: { replicas: 2 },
    status: { availableReplicas: 2 },
  },
  { kind: 'Pod', metadata: { name: 'web-1', namespace, uid: 'u-pod', labels: ours, ownerReferences: [{}] } },
  { kind: 'Namespace', metadata: { name: 'kube-system', uid: 'u-system' } },
];
const emptyNamespace = cluster.slice(0, 1);

const requested: readonly Written[] = [
  { type: 'contract.drafted', data: { contractId: 'c1', externalId: 'VOLUME-1' } },
  { type: 'contract.signed', data: { contractId: 'c1' } },
  { type: 'environment.requested', data: { environmentId, externalId: 'VOLUME-1', namespace } },
  started('a1', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:15.000Z'),
  { type: 'environment.planned', data: { environmentId, attempt: 'a1', objects } },
];
const applied: Written = {
  type: 'environment.applied',
  data: { environmentId, attempt: 'a1', objects: objects.map((each, index) => ({ ...each, uid: uidOf(index) })) },
};
const ready: Written = { type: 'environment.ready', data: { environmentId } };
const whole: readonly Written[] = [...requested, applied, ready, mail('environment_ready')];

function uidOf(index: number): string {
  return index === 0 ? 'u-namespace' : 'u-web';
}

function started(attempt: string, at: string, leaseUntil: string): Written {
  return { type: 'environment.step_started', at, data: { environmentId, attempt, step: 'plan', leaseUntil } };
}

function failed(type: string, failureClass: string): Written {
  return { type, data: { environmentId, attempt: 'a1', class: failureClass } };
}

function mail(template: string): Written {
  return { type: 'delivery.requested', data: { deliveryId: `d-${template}`, content: { environmentId, template } } };
}

/** As a log holds them, each made by a command of its own. */
function logOf(written: readonly Written[]): RawEvent[] {
  const revisions = new Map<string, number>();
  return written.map(({ type, data = {}, at }, index) => {
    const stream = type.split('.')[0]!;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    const metadata = { commandId: `c-${index}`, ...(at !== undefined && { occurredAt: at }) };
    return { id: `event-${index}`, stream, revision, position: BigInt(index), type, data, metadata };
  });
}

function verdict(written: readonly Written[], changed: Partial<Evidence> = {}) {
  return verdictOnVolume({ requested: ['VOLUME-1'], log: logOf(written), objects: cluster, given: [], ...changed });
}

function given(name: string): Partial<Evidence> {
  return { given: [{ namespace, case: name, since: '2026-01-01T00:00:00.000Z' }] };
}

const nothing = { lost: [], doubled: [], stuck: [], wrongClass: [], wrong: [] };
const good = { ...nothing, ready: 1, needsAttention: 0 };
const waiting = { ...nothing, ready: 0, needsAttention: 1 };

it('finds nothing when everything became ready, or needs attention for what went wrong', () => {
  expect(verdict(whole)).toEqual(good);
  const short = [...requested, failed('environment.needs_attention', 'resource_shortage'), mail('environment_delayed')];
  expect(verdict(short, { objects: emptyNamespace, ...given('no room') })).toEqual(waiting);
  const late = [...requested, failed('environment.step_failed', 'transient'), mail('environment_delayed')];
  expect(verdict([...late, applied, ready, mail('environment_ready')], given('throttled'))).toEqual(good);
});

it.each(['contract.drafted', 'contract.signed', 'environment.requested'])(
  'sees that %s was lost, and that it is there twice',
  (type) => {
    const { lost } = verdict(whole.filter((event) => event.type !== type));
    expect(lost).toContain(`VOLUME-1: no ${type}`);
    const again = whole.flatMap((event) => (event.type === type ? [event, event] : [event]));
    expect(verdict(again).doubled).toContain(`VOLUME-1: 2 times ${type}`);
  },
);

it('sees an environment that is on its way for ever, also one that went on by itself', () => {
  const last = 'VOLUME-1: environment.applied is the last that was heard of it';
  expect(verdict([...requested, applied]).stuck).toEqual([last]);
  const resumed = { type: 'environment.resumed', data: { environmentId } };
  expect(
    verdict([...requested, failed('environment.needs_attention', 'resource_shortage'), resumed]).stuck,
  ).toHaveLength(1);
});

it('sees a failure of another class, one that nobody ordered, and one that nobody saw', () => {
  const crashed = [...requested, failed('environment.needs_attention', 'transient'), mail('environment_failed')];
  expect(verdict(crashed, { ...given('forbidden'), objects: emptyNamespace }).wrongClass).toEqual([
    'VOLUME-1: "forbidden" was given and it was called transient',
  ]);
  expect(verdict(crashed, { objects: emptyNamespace }).wrongClass).toEqual([
    'VOLUME-1: nothing went wrong and it is needs_attention, not ready',
    'VOLUME-1: nothing went wrong and it was called transient',
  ]);
  expect(verdict(whole, given('forbidden')).wrongClass).toEqual([
    'VOLUME-1: "forbidden" was given and it is ready, not needs_attention',
    'VOLUME-1: "forbidden" was given and no failure was seen',
  ]);
  expect(verdict([...whole, ready]).wrongClass).toEqual(['VOLUME-1: it became ready twice']);
});

it('sees an attempt beside another one, and lets one go on after a lease that ran out or a step that ended', () => {
  const second = (at: string) => started('a2', at, '2026-01-01T00:01:00.000Z');
  const unfinished = requested.slice(0, 4);
  const rest = [...requested.slice(4), applied, ready, mail('environment_ready')];
  expect(verdict([...unfinished, second('2026-01-01T00:00:14.999Z'), ...rest]).doubled).toEqual([
    'VOLUME-1: an attempt at plan began beside another one',
  ]);
  expect(verdict([...unfinished, second('2026-01-01T00:00:15.000Z'), ...rest])).toEqual(good);
  expect(
    verdict([...requested, second('2026-01-01T00:00:01.000Z'), applied, ready, mail('environment_ready')]),
  ).toEqual(good);
  const leaseUntil = '2026-01-01T00:00:30.000Z';
  const renewed = { type: 'environment.progressed', data: { environmentId, attempt: 'a1', leaseUntil } };
  expect(verdict([...unfinished, renewed, second('2026-01-01T00:00:20.000Z'), ...rest]).doubled).toHaveLength(1);
});

it.each(['environment.infrastructure_requested', 'environment.infrastructure_ready'])(
  'sees no attempt beside one that ended with %s',
  (type) => {
    const ended = { type, data: { environmentId, attempt: 'a1' } };
    const second = started('a2', '2026-01-01T00:00:01.000Z', '2026-01-01T00:01:00.000Z');
    const rest = [...requested.slice(4), applied, ready, mail('environment_ready')];
    expect(verdict([...requested.slice(0, 4), ended, second, ...rest])).toEqual(good);
  },
);

it('sees what stands in the cluster and should not, what does not and should, and what is not up', () => {
  const wrong = (...found: ClusterObject[]): readonly string[] => verdict(whole, { objects: found }).wrong;
  const [own, web, ...others] = cluster as [ClusterObject, ClusterObject, ...ClusterObject[]];
  expect(wrong(own, ...others)).toEqual(['VOLUME-1: Deployment web does not stand, or is another one']);
  const another = { ...web, metadata: { ...web.metadata, uid: 'u-other' } };
  expect(wrong(own, another)).toEqual(['VOLUME-1: Deployment web does not stand, or is another one']);
  expect(wrong(own, { ...web, status: { availableReplicas: 1 } })).toEqual(['VOLUME-1: Deployment web is not up']);
  const extra = { ...web, kind: 'Service', metadata: { ...web.metadata, uid: 'u-extra' } };
  expect(wrong(own, web, extra)).toEqual(['VOLUME-1: nobody planned Service web']);
  const labels = { ...ours, 'keiyaku.dev/environment': 'e2' };
  expect(wrong(own, { ...web, metadata: { ...web.metadata, labels } })).toEqual([
    'VOLUME-1: Deployment web belongs to another environment',
  ]);
  const second = { kind: 'Namespace', metadata: { name: 'env-volume-1-2', uid: 'u-2', labels: ours } };
  expect(verdict(whole, { objects: [...cluster, second] }).doubled).toEqual([
    "env-volume-1-2: the namespace belongs to nobody's environment",
  ]);
});

it('sees a mail too many, one that is missing, a broken stream and what nobody asked for', () => {
  expect(verdict([...whole, mail('environment_delayed')]).wrong).toEqual([
    'VOLUME-1: mails environment_ready, environment_delayed in place of environment_ready',
  ]);
  expect(verdict(whole.slice(0, -1)).wrong).toEqual(['VOLUME-1: mails  in place of environment_ready']);
  const log = logOf(whole).filter(({ type }) => type !== 'environment.planned');
  expect(verdict(whole, { log }).wrong).toContain('environment: revision 3 after 1');
  expect(verdict(whole, { requested: [] }).wrong).toContain('VOLUME-1: nobody asked for it');
});

it('is over when all that were asked for have ended and every mail has left', () => {
  const progress = new Progress();
  const over: boolean[] = [];
  const sent = { type: 'delivery.sent', data: { deliveryId: 'd-environment_ready' } };
  for (const event of logOf([...whole, sent])) {
    progress.see(event);
    over.push(progress.isOver(1));
  }
  expect(over.indexOf(true)).toBe(over.length - 1);
  expect(progress.isOver(2)).toBe(false);
  expect(progress.count).toEqual({ working: 0, ready: 1, needs_attention: 0 });
});

it('orders each class of failure for the same share', () => {
  const shares = new Map<string, number>();
  for (const { name, share } of sharesOf(1, 0.05).cases) {
    const { class: failureClass } = cases[name]!;
    shares.set(failureClass, (shares.get(failureClass) ?? 0) + share);
  }
  expect([...shares.keys()].toSorted()).toEqual(['application', 'configuration', 'resource_shortage', 'transient']);
  for (const share of shares.values()) expect(share).toBeCloseTo(0.05);
});
