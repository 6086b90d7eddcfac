import { readFileSync } from 'node:fs';
import users from '@eventstore/db-client/generated/users_pb.js';
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js';
import { EventStoreDBClient } from '@eventstore/db-client';
import { ChannelCredentials, Metadata } from '@grpc/grpc-js';
import type { CallOptions, ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import type { EventStoreServer } from '#libs/testing/src/event-store-server.js';
import { makeTestCertificate } from '#libs/testing/src/test-certificate.js';
import type { TestCertificate } from '#libs/testing/src/test-certificate.js';
import { connect, realServerUrl } from './server-under-test.js';

/** For servers that ask who calls. A real one takes part when its connection string has TLS and names the admin. */
export const describeSecure =
  realServerUrl === undefined || !realServerUrl.includes('tls=false') ? describe : describe.skip;

export interface SecureServer {
  /** Where it listens, like `127.0.0.1:2113`. */
  readonly host: string;
  /** A client of the user admin. */
  readonly admin: EventStoreDBClient;
  /** What a bare channel needs. */
  readonly channel: ChannelCredentials;
  /** Of the server's authority, in PEM. */
  readonly caFile: string;
  /** Connection string with these credentials, `name:password`; without them none. */
  urlAs(credentials?: string): string;
  /** A client with these credentials; it ends with the tests of the file. */
  clientAs(credentials?: string): EventStoreDBClient;
}

/** One secure server for the tests of a file, so every test has users and streams of its own. */
export function useSecureServer(): SecureServer {
  let certificate: TestCertificate | undefined;
  let server: EventStoreServer | undefined;
  let url: string | undefined = realServerUrl;
  const clients = new Map<string | undefined, EventStoreDBClient>();
  const urlAs = (credentials?: string): string => {
    const [scheme = '', rest = ''] = url!.split('://');
    return `${scheme}://${credentials === undefined ? '' : `${credentials}@`}${rest.slice(rest.indexOf('@') + 1)}`;
  };
  const clientAs = (credentials?: string): EventStoreDBClient => {
    const client = clients.get(credentials) ?? connect(urlAs(credentials));
    clients.set(credentials, client);
    return client;
  };
  const caFile = (): string => new URL(url!).searchParams.get('tlsCAFile')!;
  beforeAll(async () => {
    if (url !== undefined) return;
    certificate = await makeTestCertificate();
    server = await startEventStoreServer({ certificate });
    url = server.url;
  });
  afterAll(async () => {
    for (const client of clients.values()) await client.dispose();
    await server?.stop();
    await certificate?.remove();
  });
  return {
    get host() {
      return new URL(url!).host;
    },
    get admin() {
      return clientAs('admin:changeit');
    },
    get channel() {
      return ChannelCredentials.createSsl(readFileSync(caFile()));
    },
    get caFile() {
      return caFile();
    },
    urlAs,
    clientAs,
  };
}

/** What a call brings with it that comes as this user, `name:password`. */
export function callAs(credentials: string | undefined): Metadata {
  const metadata = new Metadata();
  if (credentials !== undefined) {
    metadata.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  }
  return metadata;
}

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** The Users service, for which the official client has no methods; every call comes as some user. */
export class UsersClient {
  readonly #grpc: usersGrpc.UsersClient;

  constructor({ host, channel }: SecureServer) {
    this.#grpc = new usersGrpc.UsersClient(host, channel);
  }

  close(): void {
    this.#grpc.close();
  }

  create(caller: string | undefined, login: string, password: string, groups: string[] = []): Promise<unknown> {
    const options = new users.CreateReq.Options()
      .setLoginName(login)
      .setPassword(password)
      .setFullName(`The ${login}`)
      .setGroupsList(groups);
    return this.#call('create', caller, new users.CreateReq().setOptions(options));
  }

  update(caller: string, login: string, fullName: string, groups: string[]): Promise<unknown> {
    const options = new users.UpdateReq.Options().setLoginName(login).setFullName(fullName).setGroupsList(groups);
    return this.#call('update', caller, new users.UpdateReq().setOptions(options));
  }

  delete(caller: string, login: string): Promise<unknown> {
    return this.#call(
      'delete',
      caller,
      new users.DeleteReq().setOptions(new users.DeleteReq.Options().setLoginName(login)),
    );
  }

  enable(caller: string, login: string): Promise<unknown> {
    return this.#call(
      'enable',
      caller,
      new users.EnableReq().setOptions(new users.EnableReq.Options().setLoginName(login)),
    );
  }

  disable(caller: string, login: string): Promise<unknown> {
    return this.#call(
      'disable',
      caller,
      new users.DisableReq().setOptions(new users.DisableReq.Options().setLoginName(login)),
    );
  }

  changePassword(caller: string | undefined, login: string, current: string, next: string): Promise<unknown> {
    const options = new users.ChangePasswordReq.Options()
      .setLoginName(login)
      .setCurrentPassword(current)
      .setNewPassword(next);
    return this.#call('changePassword', caller, new users.ChangePasswordReq().setOptions(options));
  }

  resetPassword(caller: string, login: string, next: string): Promise<unknown> {
    const options = new users.ResetPasswordReq.Options().setLoginName(login).setNewPassword(next);
    return this.#call('resetPassword', caller, new users.ResetPasswordReq().setOptions(options));
  }

  /** Without a login all users. */
  details(caller: string | undefined, login = ''): Promise<users.DetailsResp.UserDetails.AsObject[]> {
    const request = new users.DetailsReq().setOptions(new users.DetailsReq.Options().setLoginName(login));
    return new Promise((resolve, reject) => {
      const found: users.DetailsResp.UserDetails.AsObject[] = [];
      this.#grpc
        .details(request, callAs(caller))
        .on('data', (response: users.DetailsResp) => found.push(response.getUserDetails()!.toObject()))
        .on('error', reject)
        .on('end', () => resolve(found));
    });
  }

  #call<Request>(
    name: 'create' | 'update' | 'delete' | 'enable' | 'disable' | 'changePassword' | 'resetPassword',
    caller: string | undefined,
    request: Request,
  ): Promise<unknown> {
    const call = this.#grpc[name].bind(this.#grpc) as unknown as Unary<Request, unknown>;
    return new Promise((resolve, reject) => {
      call(request, callAs(caller), {}, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }
}
