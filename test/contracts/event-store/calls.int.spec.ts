import { persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { credentials, status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { describeOurs, errorOf, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();

it('tells its version and its methods', async () => {
  const client = new features.ServerFeaturesClient(new URL(server.url).host, credentials.createInsecure());
  const supported = await new Promise<SupportedMethods>((resolve, reject) => {
    client.getSupportedMethods(new shared.Empty(), (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
  client.close();
  expect(supported.getEventStoreServerVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  const names = supported.getMethodsList().map((method) => `${method.getServiceName()}/${method.getMethodName()}`);
  expect(names).toContain('event_store.client.streams.streams/batchappend');
  expect(names).toContain('event_store.client.streams.streams/read');
  expect(names).toContain('event_store.client.streams.streams/delete');
  expect(names).toContain('event_store.client.streams.streams/tombstone');
});

describeOurs('a call that this server does not have', () => {
  it('is answered UNIMPLEMENTED', async () => {
    const error = await errorOf(server.client.listProjections());
    expect(error).toMatchObject({ code: status.UNIMPLEMENTED });
    expect(String(error)).toContain('does not implement');
  });

  it('is refused by the client itself when it needs it to be announced', async () => {
    const settings = persistentSubscriptionToStreamSettingsFromDefaults();
    const error = await errorOf(server.client.createPersistentSubscriptionToStream(newStream(), 'group', settings));
    expect(error).toBeInstanceOf(Error);
  });
});
