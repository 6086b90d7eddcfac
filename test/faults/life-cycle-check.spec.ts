import { expect, it } from 'vitest';
import type { ClusterObject } from '../../scripts/faults/cluster-objects.js';
import { type Change, changes, courses, everyMoment, isMoment } from '../../scripts/faults/life-cycle/changes.js';
import { findingsOfLives } from '../../scripts/faults/life-cycle/check.js';
import type { RawEvent } from '../../scripts/faults/raw-log.js';

const externalId = 'LIFE-1';
const namespace = 'env-life-1';
type Written = Pick<RawEvent, 'type'> & Partial<Pick<RawEvent, 'data' | 'metadata'>>;

const whole: readonly Written[] = [
  { type: 'contract.drafted', data: { contractId: 'c1', externalId } },
  { type: 'contract.signed' },
  { type: 'environment.requested', data: { environmentId: 'e1', externalId, namespace } },
  { type: 'environment.ready' },
  { type: 'delivery.requested', data: { content: { environmentId: 'e1', template: 'environment_ready' } } },
  ...changes.flatMap((change) => courses[change].once.map((type) => ({ type }))),
];

function logOf(written: readonly Written[]): RawEvent[] {
  const revisions = new Map<string, number>();
  return written.map(({ type, data, metadata }, index) => {
    const stream = type.split('.')[0]!;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    const own = { contractId: 'c1', environmentId: 'e1', ...data };
    const made = { commandId: `c-${index}`, ...metadata };
    return { id: `e-${index}`, stream, revision, position: BigInt(index), type, data: own, metadata: made };
  });
}

const own: ClusterObject = { kind: 'Namespace', metadata: { name: namespace, uid: 'u-namespace' } };
const claim: ClusterObject = {
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'files', namespace, uid: 'u-claim' },
  spec: { resources: { requests: { storage: '80G' } } },
};
const web: ClusterObject = {
  kind: 'Deployment',
  metadata: { name: 'web', namespace, uid: 'u-web' },
  spec: { replicas: 2 },
  status: { availableReplicas: 2 },
};
const pod: ClusterObject = { kind: 'Pod', metadata: { name: 'web-1', namespace, uid: 'u-pod' } };
const others: ClusterObject = { kind: 'Pod', metadata: { name: 'web-1', namespace: 'env-life-2', uid: 'u-other' } };
const after: Readonly<Record<Change, readonly ClusterObject[]>> = {
  amendment: [own, claim, web, pod, others],
  suspension: [own, claim, others],
  resumption: [own, claim, web, pod, others],
  termination: [others],
};

function findings(written = whole, changed: Partial<typeof after> = {}): string[] {
  const lives = [{ externalId, after: { ...after, ...changed } }];
  return findingsOfLives({ log: logOf(written), lives, amendedStorage: '80G' });
}

it('finds nothing in a life in which each change came to its end', () => {
  expect(findings()).toEqual([]);
});

it.each(
  whole.map(({ type }) => type).filter((type) => /^(contract\.[^d]|environment\.[^r]|environment\.re[ts])/.test(type)),
)('sees that %s was lost, and that it was done twice', (type) => {
  expect(findings(whole.filter((event) => event.type !== type))).toContain(`${externalId}: 0 times ${type}`);
  const again = whole.flatMap((event) => (event.type === type ? [event, event] : [event]));
  expect(findings(again)).toContain(`${externalId}: 2 times ${type}`);
});

it('sees changes in another order, an attempt beside another one, a failure and a second mail', () => {
  const swapped = whole.map((event) => {
    if (event.type === 'environment.suspended') return { type: 'environment.restored' };
    return event.type === 'environment.restored' ? { type: 'environment.suspended' } : event;
  });
  const seen =
    'environment.ready, environment.amended, environment.restored, environment.suspended, environment.deleted';
  expect(findings(swapped)).toEqual([`${externalId}: in the order ${seen}`]);
  const started = (attempt: string, occurredAt: string): Written => ({
    type: 'environment.step_started',
    data: { attempt, step: 'apply', leaseUntil: '2026-01-01T00:00:15.000Z' },
    metadata: { occurredAt },
  });
  const two = [started('a1', '2026-01-01T00:00:00.000Z'), started('a2', '2026-01-01T00:00:14.000Z')];
  expect(findings([...whole, ...two])).toEqual([`${externalId}: an attempt at apply began beside another one`]);
  expect(findings([...whole, { type: 'environment.needs_attention' }])).toEqual([
    `${externalId}: environment.needs_attention`,
  ]);
  expect(findings([...whole, whole[4]!])).toEqual([`${externalId}: 2 mails say that it is ready`]);
});

it.each<[string, Partial<typeof after>, string]>([
  ['a pod of a suspended environment', { suspension: [own, claim, pod] }, 'Pod web-1 stands after its suspension'],
  ['no namespace', { suspension: [claim] }, 'there is no namespace after its suspension'],
  ['nothing that runs', { resumption: [own, claim] }, 'there is no Deployment after its resumption'],
  [
    'what is not up',
    { amendment: [own, claim, { ...web, status: { availableReplicas: 1 } }] },
    'Deployment web is not up after its amendment',
  ],
  [
    'another volume',
    { resumption: [own, web, { ...claim, metadata: { ...claim.metadata, uid: 'u-new' } }] },
    'its volume is not the same all the time',
  ],
  [
    'a volume of the old size',
    { amendment: [own, web, { ...claim, spec: { resources: { requests: { storage: '50G' } } } }] },
    'its volume asks for 50G, not 80G',
  ],
  ['what is left', { termination: [own] }, `Namespace ${namespace} is left after its termination`],
  ['a volume that is left', { termination: [claim] }, 'PersistentVolumeClaim files is left after its termination'],
])('sees %s', (_what, changed, line) => {
  expect(findings(whole, changed)).toEqual([`${externalId}: ${line}`]);
});

it('kills at every moment of every change at least once', () => {
  const lives = everyMoment();
  for (const change of changes) {
    const moments = new Set(lives.map((life) => life[change]));
    expect(moments).toEqual(new Set(courses[change].moments));
  }
});

it('knows a moment by the type of an event, or by the step that was leased', () => {
  const [signed, leased] = logOf([
    { type: 'contract.signed' },
    { type: 'environment.step_started', data: { step: 'apply' } },
  ]) as [RawEvent, RawEvent];
  expect(['contract.signed', 'apply', 'plan'].map((moment) => isMoment(moment, signed))).toEqual([true, false, false]);
  expect(['contract.signed', 'apply', 'plan'].map((moment) => isMoment(moment, leased))).toEqual([false, true, false]);
});
