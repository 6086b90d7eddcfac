import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '#libs/events/src/provisioning.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  AddCluster,
  ChangeConnection,
  clusterDecider,
  CordonCluster,
  DrainCluster,
  EndDrain,
  RemoveCluster,
  UncordonCluster,
} from './cluster.decider.js';

const clusterId = 'tokyo-2';
const cordonedAt = '2026-01-05T09:00:00.000Z';
const context = testContext({ occurredAt: cordonedAt });
const addition = {
  name: 'Tokyo 2',
  regions: ['ap-northeast-1'],
  capacity: 40,
  connection: { via: 'kubeconfig', credential: { id: 'c', version: 1 }, server: 'https://10.0.0.5:6443' },
} as const;

const added: ClusterEvent = { type: 'cluster.added', data: { clusterId, ...addition } };
const cordoned: ClusterEvent = { type: 'cluster.cordoned', data: { clusterId, cordonedAt } };
const uncordoned: ClusterEvent = { type: 'cluster.uncordoned', data: { clusterId } };
const drainOf = (environments: number): ClusterEvent => ({
  type: 'cluster.drain_started',
  data: { clusterId, environments },
});
const ended = (why: 'empty' | 'uncordoned'): ClusterEvent => ({
  type: 'cluster.drain_ended',
  data: { clusterId, why },
});
const removed: ClusterEvent = { type: 'cluster.removed', data: { clusterId } };

const add = new AddCluster(clusterId, addition, context);
const server = 'https://10.0.0.6:6443';
const reconnect = (credentialId: string) =>
  new ChangeConnection(clusterId, { connection: { via: 'kubeconfig', credentialId, server } }, context);
const reconnected = (id: string, version: number): ClusterEvent => ({
  type: 'cluster.connection_changed',
  data: { clusterId, connection: { via: 'kubeconfig', credential: { id, version }, server } },
});
const inCluster: ClusterEvent = {
  type: 'cluster.connection_changed',
  data: { clusterId, connection: { via: 'in_cluster' } },
};
const cordon = (reason?: string) => new CordonCluster(clusterId, reason === undefined ? {} : { reason }, context);
const uncordon = new UncordonCluster(clusterId, {}, context);
const drain = (environments: number) => new DrainCluster(clusterId, { environments }, context);
const remove = (environments: number, occurredAt = '2026-01-05T09:00:15.000Z') =>
  new RemoveCluster(clusterId, { environments, settleMs: 15_000 }, { ...context, occurredAt });

describe('a cluster', () => {
  it('is added once, also when it was removed', () => {
    given(clusterDecider).when(add).then(added);
    given(clusterDecider, added).when(add).thenRefused('cluster_exists');
    given(clusterDecider, added, cordoned, removed).when(add).thenRefused('cluster_exists');
  });

  it('is cordoned once, with the reason, and uncordoned', () => {
    given(clusterDecider, added)
      .when(cordon('new network'))
      .then({ type: 'cluster.cordoned', data: { clusterId, cordonedAt, reason: 'new network' } });
    given(clusterDecider, added, cordoned).when(cordon()).thenNothing();
    given(clusterDecider, added, cordoned).when(uncordon).then(uncordoned);
    given(clusterDecider, added).when(uncordon).thenNothing();
  });

  it('that nobody added is not found', () => {
    for (const command of [
      reconnect('d'),
      cordon(),
      uncordon,
      drain(0),
      remove(0),
      new EndDrain(clusterId, {}, context),
    ]) {
      given(clusterDecider).when(command).thenRefused('cluster_not_found');
      given(clusterDecider, added, cordoned, removed).when(command).thenRefused('cluster_not_found');
    }
  });
});

describe('the connection of a cluster', () => {
  const here = new ChangeConnection(clusterId, { connection: { via: 'in_cluster' } }, context);

  it('is replaced by the next version of its credential, once', () => {
    given(clusterDecider, added).when(reconnect('d')).then(reconnected('d', 2));
    given(clusterDecider, added, reconnected('d', 2)).when(reconnect('d')).thenNothing();
    given(clusterDecider, added, cordoned, drainOf(1), reconnected('d', 2))
      .when(reconnect('e'))
      .then(reconnected('e', 3));
  });

  it('may be the service account of the pod', () => {
    given(clusterDecider, added).when(here).then(inCluster);
    given(clusterDecider, added, inCluster).when(here).thenNothing();
    given(clusterDecider, added, inCluster).when(reconnect('d')).then(reconnected('d', 2));
  });
});

describe('a drain', () => {
  it('cordons, and tells how many environments stand there', () => {
    given(clusterDecider, added).when(drain(2)).then(cordoned, drainOf(2));
    given(clusterDecider, added, cordoned).when(drain(2)).then(drainOf(2));
    given(clusterDecider, added, cordoned, drainOf(2)).when(drain(1)).thenNothing();
  });

  it('ends at once where nothing stands, or when the last environment is gone', () => {
    given(clusterDecider, added).when(drain(0)).then(cordoned, drainOf(0), ended('empty'));
    const end = new EndDrain(clusterId, {}, context);
    given(clusterDecider, added, cordoned, drainOf(2)).when(end).then(ended('empty'));
    given(clusterDecider, added, cordoned, drainOf(2), ended('empty')).when(end).thenNothing();
    given(clusterDecider, added).when(end).thenNothing();
  });

  it('ends with the cordon', () => {
    given(clusterDecider, added, cordoned, drainOf(2)).when(uncordon).then(ended('uncordoned'), uncordoned);
  });
});

describe('removing a cluster', () => {
  it('is for one that is cordoned and empty', () => {
    given(clusterDecider, added).when(remove(0)).thenRefused('cluster_not_cordoned');
    given(clusterDecider, added, cordoned).when(remove(3)).thenRefused('cluster_not_empty');
    given(clusterDecider, added, cordoned).when(remove(0)).then(removed);
    given(clusterDecider, added, cordoned, drainOf(1)).when(remove(0)).then(ended('empty'), removed);
  });

  it('waits for whoever chose it just before the cordon', () => {
    given(clusterDecider, added, cordoned).when(remove(0, '2026-01-05T09:00:14.999Z')).thenRefused('cluster_settling');
  });
});

it('keeps how it is reached as long as it stands', () => {
  const state = (...events: ClusterEvent[]) => events.reduce(clusterDecider.evolve, clusterDecider.initialState);
  const { connection } = addition;
  const reached = { connection, former: [] };
  expect(state(added, cordoned, drainOf(1))).toEqual({ ...reached, status: 'draining', since: cordonedAt });
  expect(state(added, cordoned, uncordoned)).toEqual({ ...reached, status: 'open' });
  expect(state(added, cordoned, reconnected('d', 2))).toMatchObject({ status: 'cordoned', former: ['c'] });
  expect(state(added, cordoned, removed)).toEqual({ status: 'removed', former: ['c'] });
  expect(state(added, reconnected('d', 2), inCluster, cordoned, removed)).toMatchObject({ former: ['c', 'd'] });
});
