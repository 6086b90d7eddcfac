import {
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@eventstore/db-client';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { credentials, status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { describeOurs, errorOf, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();

async function supportedMethods(): Promise<SupportedMethods> {
  const client = new features.ServerFeaturesClient(new URL(server.url).host, credentials.createInsecure());
  try {
    return await new Promise<SupportedMethods>((resolve, reject) => {
      client.getSupportedMethods(new shared.Empty(), (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  } finally {
    client.close();
  }
}

it('tells its version and its methods', async () => {
  const supported = await supportedMethods();
  expect(supported.getEventStoreServerVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  const names = supported.getMethodsList().map((method) => `${method.getServiceName()}/${method.getMethodName()}`);
  expect(names).toContain('event_store.client.streams.streams/batchappend');
  expect(names).toContain('event_store.client.streams.streams/read');
});

it('tells what its methods can do, by the names that clients look for', async () => {
  const features = Object.fromEntries(
    (await supportedMethods())
      .getMethodsList()
      .map((method) => [`${method.getServiceName()}/${method.getMethodName()}`, method.getFeaturesList().toSorted()]),
  );
  const persistent = 'event_store.client.persistent_subscriptions.persistentsubscriptions';
  expect(features).toMatchObject({
    'event_store.client.streams.streams/batchappend': ['deadline_duration'],
    'event_store.client.streams.streams/read': ['events', 'position'],
    'event_store.client.streams.streams/append': [],
    'event_store.client.projections.projections/create': ['track_emitted_streams'],
    ...Object.fromEntries(
      ['create', 'update', 'delete', 'read', 'getinfo', 'list', 'replayparked', 'restartsubsystem'].map((method) => [
        `${persistent}/${method}`,
        ['all', 'stream'],
      ]),
    ),
  });
});

describeOurs('the version of this server', () => {
  it('is the release whose behaviour it has', async () => {
    expect((await supportedMethods()).getEventStoreServerVersion()).toBe('23.10.6');
  });
});

describeOurs('a call that this server does not have', () => {
  const toStream = persistentSubscriptionToStreamSettingsFromDefaults();
  const toAll = persistentSubscriptionToAllSettingsFromDefaults();
  const subscriptions = [
    [
      'createPersistentSubscriptionToStream',
      () => server.client.createPersistentSubscriptionToStream('s', 'g', toStream),
    ],
    ['createPersistentSubscriptionToAll', () => server.client.createPersistentSubscriptionToAll('g', toAll)],
    [
      'updatePersistentSubscriptionToStream',
      () => server.client.updatePersistentSubscriptionToStream('s', 'g', toStream),
    ],
    ['updatePersistentSubscriptionToAll', () => server.client.updatePersistentSubscriptionToAll('g', toAll)],
    ['deletePersistentSubscriptionToStream', () => server.client.deletePersistentSubscriptionToStream('s', 'g')],
    ['deletePersistentSubscriptionToAll', () => server.client.deletePersistentSubscriptionToAll('g')],
    ['getPersistentSubscriptionToStreamInfo', () => server.client.getPersistentSubscriptionToStreamInfo('s', 'g')],
    ['getPersistentSubscriptionToAllInfo', () => server.client.getPersistentSubscriptionToAllInfo('g')],
    ['listAllPersistentSubscriptions', () => server.client.listAllPersistentSubscriptions()],
    ['listPersistentSubscriptionsToStream', () => server.client.listPersistentSubscriptionsToStream('s')],
    ['listPersistentSubscriptionsToAll', () => server.client.listPersistentSubscriptionsToAll()],
    ['replayParkedMessagesToStream', () => server.client.replayParkedMessagesToStream('s', 'g')],
    ['replayParkedMessagesToAll', () => server.client.replayParkedMessagesToAll('g')],
    ['restartPersistentSubscriptionSubsystem', () => server.client.restartPersistentSubscriptionSubsystem()],
    [
      'subscribeToPersistentSubscriptionToStream',
      () => first(server.client.subscribeToPersistentSubscriptionToStream('s', 'g')),
    ],
    ['subscribeToPersistentSubscriptionToAll', () => first(server.client.subscribeToPersistentSubscriptionToAll('g'))],
  ] as const;
  const projections = [
    ['createProjection', () => server.client.createProjection('p', 'fromAll()')],
    [
      'createProjection with tracking',
      () => server.client.createProjection('p', 'fromAll()', { emitEnabled: true, trackEmittedStreams: true }),
    ],
    ['updateProjection', () => server.client.updateProjection('p', 'fromAll()')],
    ['deleteProjection', () => server.client.deleteProjection('p')],
    ['enableProjection', () => server.client.enableProjection('p')],
    ['disableProjection', () => server.client.disableProjection('p')],
    ['resetProjection', () => server.client.resetProjection('p')],
    ['getProjectionStatus', () => server.client.getProjectionStatus('p')],
    ['getProjectionState', () => server.client.getProjectionState('p')],
    ['getProjectionResult', () => server.client.getProjectionResult('p')],
    ['listProjections', () => server.client.listProjections()],
    ['restartSubsystem', () => server.client.restartSubsystem()],
  ] as const;
  const text = (what: string): string =>
    `12 UNIMPLEMENTED: ${what} are not offered by this server: use EventStoreDB for them.`;

  it.each(subscriptions)('is refused by the server, in words: %s', async (_name, call) => {
    expect(await errorOf(call())).toMatchObject({
      code: status.UNIMPLEMENTED,
      message: text('Persistent subscriptions'),
    });
  });

  it.each(projections)('is refused by the server, in words: %s', async (_name, call) => {
    expect(await errorOf(call())).toMatchObject({ code: status.UNIMPLEMENTED, message: text('Projections') });
  });
});

/** The first thing that comes; an error rejects. */
async function first(events: AsyncIterable<unknown>): Promise<unknown> {
  for await (const event of events) return event;
  return undefined;
}
