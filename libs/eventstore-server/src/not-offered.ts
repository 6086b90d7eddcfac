import { status } from '@grpc/grpc-js';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { CallError } from './errors.js';

/** Handlers that answer every call of a service UNIMPLEMENTED, in words. */
export function refusalOf(service: ServiceDefinition, details: string): UntypedServiceImplementation {
  const refusal = new CallError(status.UNIMPLEMENTED, details);
  const refuseStream = (call: EventEmitter): void => void call.emit('error', refusal);
  const refuse = (_call: unknown, answer: (error: CallError) => void): void => answer(refusal);
  return Object.fromEntries(
    Object.entries(service).map(([name, { responseStream }]) => [name, responseStream ? refuseStream : refuse]),
  );
}
