import type { CommandBus } from '@nestjs/cqrs';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import type { ClusterEvent } from '#libs/events/src/provisioning.js';
import { testContext } from '#libs/testing/src/given.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import type { ClusterCredentials } from '../clusters/cluster-credentials.js';
import { type ClusterCommand, clusterDecider } from '../domain/cluster.decider.js';
import { abcEnvironment } from '../spec-environment.js';
import type { WorkingEnvironment } from '../steps/working-environment.js';
import { customerModule } from './customer-module.js';
import { InfrastructureStep } from './infrastructure-step.js';
import { TerraformStandIn } from './spec-terraform.js';

const { environmentId } = abcEnvironment;
const clusterId = `dedicated-${environmentId}`;
const dedicatedCluster = {
  provider: 'aws-eks',
  subnetIds: { 'ap-northeast-1': ['subnet-0a1b', 'subnet-0c2d'] },
  nodes: { instanceType: 'm6i.large', min: 2, max: 6 },
} as const;
const shipped = loadCatalogue();
const plans = { ...shipped.plans, enterprise: { ...shipped.plans['enterprise']!, dedicatedCluster } };
const wanted = customerModule(abcEnvironment, dedicatedCluster).hash;
const environment = {
  identity: abcEnvironment,
  mode: 'running',
  inventory: [],
  infrastructure: { wanted },
} as unknown as WorkingEnvironment;

/** The streams of clusters, and what is sealed. */
let log: Map<string, ClusterEvent[]>;
let sealed: Map<string, string>;
let step: InfrastructureStep;

beforeEach(async () => {
  log = new Map();
  sealed = new Map();
  const standIn = new TerraformStandIn(temporaryFolder(), { kubeconfig: 'a kubeconfig' });
  vi.stubEnv('TF_STAND_IN', standIn.file);
  onTestFinished(() => void vi.unstubAllEnvs());
  const load = (id: string) =>
    (log.get(id) ?? []).reduce((state, event) => clusterDecider.evolve(state, event), clusterDecider.initialState);
  const execute = (command: ClusterCommand): Promise<void> => {
    const decided = clusterDecider.decide(command, load(command.target));
    if (decided instanceof Refusal) return Promise.reject(new CommandRefused(decided));
    log.set(command.target, [...(log.get(command.target) ?? []), ...decided]);
    return Promise.resolve();
  };
  const credentials = {
    store: (id: string, text: string) => Promise.resolve(void sealed.set(id, text)),
    destroy: (...ids: string[]) => Promise.resolve(ids.forEach((id) => sealed.delete(id))),
  };
  step = new InfrastructureStep(
    { ...shipped, plans },
    { program: standIn.program, dir: temporaryFolder(), patienceMs: 30_000 },
    { execute } as unknown as CommandBus,
    { load: (_decider: unknown, id: string) => Promise.resolve(load(id)) } as unknown as Aggregates,
    credentials as unknown as ClusterCredentials,
  );
  // What asks for the cluster makes its work folder.
  await step.request(environment, attempt('plan'));
});

function attempt(id: string): Attempt {
  const nothing = (): void => undefined;
  const signal = new AbortController().signal;
  const context = (): unknown => testContext();
  return {
    id,
    signal,
    hold: nothing,
    leavePlace: nothing,
    report: nothing,
    next: nothing,
    context,
  } as unknown as Attempt;
}

const addedFor = (dedicatedTo: string): ClusterEvent => ({
  type: 'cluster.added',
  data: { clusterId, name: 'Theirs', regions: [], dedicatedTo, connection: { via: 'in_cluster' } },
});

describe("the cluster of an environment's own", () => {
  it('is registered under the whole id of the environment', async () => {
    await step.build(environment, attempt('a'));
    expect([...log.keys()]).toEqual([clusterId]);
    expect([...sealed.values()]).toEqual(['a kubeconfig']);
  });

  it('is reached by the kubeconfig of its newest build', async () => {
    await step.build(environment, attempt('a'));
    const [first] = sealed.keys();
    await step.build({ ...environment, clusterId }, attempt('b'));
    const changed = log.get(clusterId)?.at(-1);
    const [second] = sealed.keys();
    expect(second).not.toBe(first);
    expect(sealed.size).toBe(1);
    expect(changed).toMatchObject({
      type: 'cluster.connection_changed',
      data: { connection: { credential: { id: second, version: 2 } } },
    });
  });

  it('is never one of somebody else', async () => {
    const theirs = [addedFor('another environment')];
    log.set(clusterId, theirs);
    await expect(step.build(environment, attempt('a'))).rejects.toMatchObject({
      failure: {
        class: 'configuration',
        reason: expect.stringContaining('not the one of this environment') as unknown,
      },
    });
    await step.delete(environment, attempt('b'), () => Promise.reject(new Error('It is not ours to empty.')));
    expect(log.get(clusterId)).toEqual(theirs);
    expect(sealed.size).toBe(0);
  });

  it('that was removed leaves no kubeconfig behind, also when the one who removed it was killed', async () => {
    await step.build(environment, attempt('a'));
    log
      .get(clusterId)
      ?.push(
        { type: 'cluster.cordoned', data: { clusterId, cordonedAt: '2026-01-05T09:00:00.000Z' } },
        { type: 'cluster.removed', data: { clusterId } },
      );
    expect(sealed.size).toBe(1);
    await step.delete({ ...environment, clusterId }, attempt('b'), () => Promise.reject(new Error('It is gone.')));
    expect(sealed.size).toBe(0);
  });
});
