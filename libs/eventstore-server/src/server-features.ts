import shared from '@eventstore/db-client/generated/shared_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { sendUnaryData, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';

/** The release whose behaviour this server has. */
export const version = '23.10.6';

/** Clients choose by these what they ask for, and how. */
const featuresOf: Readonly<Record<string, readonly string[]>> = {
  'event_store.client.streams.streams/batchappend': ['deadline_duration'],
  'event_store.client.streams.streams/read': ['position', 'events'],
  'event_store.client.projections.projections/create': ['track_emitted_streams'],
};
const persistentSubscriptions = 'event_store.client.persistent_subscriptions.persistentsubscriptions/';

/** Answers with every method of `services`, under the names that clients look for: in lower case. */
export function getSupportedMethods(services: readonly ServiceDefinition[]) {
  return (
    _call: ServerUnaryCall<shared.Empty, features.SupportedMethods>,
    answer: sendUnaryData<features.SupportedMethods>,
  ): void => {
    const methods = services.flatMap((service) => Object.values(service)).map(({ path }) => methodAt(path));
    answer(null, new features.SupportedMethods().setEventStoreServerVersion(version).setMethodsList(methods));
  };
}

function methodAt(path: string): features.SupportedMethod {
  const name = path.slice(1).toLowerCase();
  const [service = '', method = ''] = name.split('/');
  const given = name.startsWith(persistentSubscriptions) ? ['stream', 'all'] : featuresOf[name];
  return new features.SupportedMethod()
    .setServiceName(service)
    .setMethodName(method)
    .setFeaturesList([...(given ?? [])]);
}
