import { status } from '@grpc/grpc-js';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { CallError } from './errors.js';

/** A service whose calls are all answered UNIMPLEMENTED, in words. */
export interface RefusedService {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

export const persistentSubscriptions = refusedService(
  'event_store.client.persistent_subscriptions.PersistentSubscriptions',
  ['Create', 'Update', 'Delete', 'Read', 'GetInfo', 'ReplayParked', 'List', 'RestartSubsystem'],
  'Persistent subscriptions are not offered by this server: use EventStoreDB for them.',
);

export const projections = refusedService(
  'event_store.client.projections.Projections',
  ['Create', 'Update', 'Delete', 'Statistics', 'Disable', 'Enable', 'Reset', 'State', 'Result', 'RestartSubsystem'],
  'Projections are not offered by this server: use EventStoreDB for them.',
);

export const users = refusedService(
  'event_store.client.users.Users',
  ['Create', 'Update', 'Delete', 'Disable', 'Enable', 'Details', 'ChangePassword', 'ResetPassword'],
  'This server has no users, because it runs without TLS: start it with --tls-cert and --tls-key.',
);

/**
 * The generated definitions would cost a start 30 ms for messages that nobody reads. Every call is declared as streams
 * both ways: those are handed over before anything has come.
 */
function refusedService(service: string, methods: readonly string[], details: string): RefusedService {
  const refusal = new CallError(status.UNIMPLEMENTED, details);
  const refuse = (call: EventEmitter): void => void call.emit('error', refusal);
  const unread = (message: Buffer): Buffer => message;
  return {
    definition: Object.fromEntries(
      methods.map((method) => [
        method,
        {
          path: `/${service}/${method}`,
          requestStream: true,
          responseStream: true,
          requestSerialize: unread,
          requestDeserialize: unread,
          responseSerialize: unread,
          responseDeserialize: unread,
        },
      ]),
    ),
    handlers: Object.fromEntries(methods.map((method) => [method, refuse])),
  };
}
