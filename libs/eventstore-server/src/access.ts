import { status } from '@grpc/grpc-js';
import type { Metadata, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { CallError, toCallError } from './errors.js';
import { administrators, operators } from './users.js';

export interface Principal {
  /** Undefined: nobody has said who calls. */
  readonly name: string | undefined;
  readonly groups: readonly string[];
}

/** What one does with a stream. What one does with a metastream stands in the rights of the stream it speaks of. */
export type Action = 'read' | 'write' | 'delete';

export const anonymous: Principal = { name: undefined, groups: [] };
/** Who calls a node that asks nobody. */
const system: Principal = { name: 'system', groups: [administrators] };

export function isAdministrator({ name, groups }: Principal): boolean {
  return name === 'admin' || groups.includes(administrators);
}

export function isOperator(principal: Principal): boolean {
  return isAdministrator(principal) || principal.name === 'ops' || principal.groups.includes(operators);
}

export function accessDenied(): CallError {
  return new CallError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
}

export function unauthenticated(): CallError {
  return new CallError(status.UNAUTHENTICATED, 'Unauthenticated');
}

export interface Authority {
  /**
   * @param authorization a header like `Basic YWRtaW46Y2hhbmdlaXQ=`; undefined: anonymous
   * @throws CallError UNAUTHENTICATED
   */
  identify(authorization: string | undefined): Promise<Principal>;
  mayDo(principal: Principal, action: Action, stream: string): boolean;
}

interface Call {
  readonly metadata: Metadata;
}

/** Every kind of handler: the framework passes `answer` to those that answer once. */
type Handler = (call: Call & EventEmitter, answer?: (error: CallError) => void) => void;

/** Who calls, and what they may. Without an authority every caller is the system, whatever credentials they bring. */
export class Access {
  readonly #callers = new WeakMap<Call, Principal>();

  constructor(private readonly authority?: Authority) {}

  get isSecure(): boolean {
    return this.authority !== undefined;
  }

  /** The handlers of a service, each of which is called once the caller is known; wrong credentials end the call. */
  guard(handlers: UntypedServiceImplementation): UntypedServiceImplementation {
    const { authority } = this;
    if (authority === undefined) return handlers;
    const guarded = Object.entries(handlers).map(([name, handler]): [string, Handler] => {
      const handle = handler as Handler;
      return [
        name,
        (call, answer = (error) => void call.emit('error', error)) => {
          authority
            .identify(authorizationOf(call))
            .then((principal) => {
              this.#callers.set(call, principal);
              handle(call, answer);
            })
            .catch((error: unknown) => answer(toCallError(error)));
        },
      ];
    });
    return Object.fromEntries(guarded);
  }

  /** Of a call that came through `guard`. */
  callerOf(call: Call): Principal {
    return this.authority === undefined ? system : (this.#callers.get(call) ?? anonymous);
  }

  /** `stream` undefined: $all. */
  mayDo(call: Call, action: Action, stream: string | undefined): boolean {
    return this.authority?.mayDo(this.callerOf(call), action, stream ?? '$all') ?? true;
  }

  /** @throws CallError PERMISSION_DENIED */
  demand(call: Call, action: Action, stream: string | undefined): void {
    if (!this.mayDo(call, action, stream)) throw accessDenied();
  }

  /** For callers that came by HTTP/1.1. @throws CallError UNAUTHENTICATED */
  async identify(authorization: string | undefined): Promise<Principal> {
    return this.authority === undefined ? system : this.authority.identify(authorization);
  }
}

function authorizationOf({ metadata }: Call): string | undefined {
  return metadata.get('authorization')[0]?.toString();
}
