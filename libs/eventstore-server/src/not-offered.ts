import { status } from '@grpc/grpc-js';
import type { Server, ServiceDefinition } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { CallError } from './errors.js';

/** Answers every call of a service UNIMPLEMENTED, in words. */
export function refuseEveryCall(server: Server, what: string, service: ServiceDefinition): void {
  const refusal = new CallError(
    status.UNIMPLEMENTED,
    `${what} are not offered by this server: use EventStoreDB for them.`,
  );
  const refuseStream = (call: EventEmitter): void => void call.emit('error', refusal);
  const refuse = (_call: unknown, answer: (error: CallError) => void): void => answer(refusal);
  server.addService(
    service,
    Object.fromEntries(
      Object.entries(service).map(([name, { responseStream }]) => [name, responseStream ? refuseStream : refuse]),
    ),
  );
}
