import shared from '@eventstore/db-client/generated/shared_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

/** The release whose behaviour this server has. */
const version = '23.10.6';

const streamsService = 'event_store.client.streams.streams';
const featuresService = 'event_store.client.server_features.serverfeatures';

const methods: readonly { service: string; name: string; features: readonly string[] }[] = [
  { service: streamsService, name: 'read', features: ['position', 'events'] },
  { service: streamsService, name: 'append', features: [] },
  { service: streamsService, name: 'batchappend', features: [] },
  { service: streamsService, name: 'delete', features: [] },
  { service: streamsService, name: 'tombstone', features: [] },
  { service: featuresService, name: 'getsupportedmethods', features: [] },
];

/** Only what this server can do: clients choose their protocol by it. */
export function getSupportedMethods(
  _call: ServerUnaryCall<shared.Empty, features.SupportedMethods>,
  answer: sendUnaryData<features.SupportedMethods>,
): void {
  const supported = methods.map((method) =>
    new features.SupportedMethod()
      .setServiceName(method.service)
      .setMethodName(method.name)
      .setFeaturesList([...method.features]),
  );
  answer(null, new features.SupportedMethods().setEventStoreServerVersion(version).setMethodsList(supported));
}
