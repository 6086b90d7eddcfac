import users from '@eventstore/db-client/generated/users_pb.js';
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { Access } from './access.js';
import { openInMemory } from './data-folder.js';
import { EventLog } from './event-log.js';
import { hashPassword, passwordMatches } from './passwords.js';
import type { StoredEvent } from './stored-event.js';
import { Users, userStream } from './users.js';
import { usersService } from './users-service.js';

function freshService() {
  const log = new EventLog(openInMemory());
  onTestFinished(() => log.close());
  const directory = new Users(log);
  return { log, directory, handlers: usersService(new Access(), directory).handlers };
}

type Handler<Request, Response> = (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => void;

function ask<Request, Response>(handle: unknown, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    (handle as Handler<Request, Response>)({ request } as ServerUnaryCall<Request, Response>, (error, response) =>
      error === null ? resolve(response!) : reject(error),
    );
  });
}

const alice = { loginName: 'alice', fullName: '', groups: [] };
const textsIn = ({ storage }: EventLog, stream: string): string[] =>
  storage.pageOfStream(stream, 0, false).map(({ data }: StoredEvent) => Buffer.from(data).toString());

it('does not write a password over one that was set while the current one was checked', async () => {
  const { directory, handlers } = freshService();
  await directory.create(alice, 'old');
  const reset = await hashPassword('reset');
  const options = new users.ChangePasswordReq.Options()
    .setLoginName('alice')
    .setCurrentPassword('old')
    .setNewPassword('new');
  const changed = ask(handlers.changePassword, new users.ChangePasswordReq().setOptions(options));
  // It needs no hashing any more, so it is written before the other has hashed twice.
  expect(await directory.update(directory.find('alice')!, reset, false)).toBe(true);
  await expect(changed).rejects.toMatchObject({ code: status.FAILED_PRECONDITION, details: 'Conflict.' });
  expect(await passwordMatches('reset', directory.find('alice')!.user)).toBe(true);
});

it('works with a user of whom nothing but its own event was written, and writes the rest when it is made again', async () => {
  const elsewhere = freshService();
  await elsewhere.directory.create(alice, 'secret');
  const { log, directory, handlers } = freshService();
  const [created] = elsewhere.log.storage.pageOfStream(userStream('alice'), 0, false);
  await log.append(userStream('alice'), { kind: 'no_stream' }, [
    { ...created!, id: '00000000-0000-4000-8000-000000000001' },
  ]);
  expect(await passwordMatches('secret', directory.find('alice')!.user)).toBe(true);
  expect(directory.all()).toEqual([]);

  const options = new users.CreateReq.Options().setLoginName('alice').setPassword('secret');
  for (let time = 1; time <= 2; time += 1) {
    await ask(handlers.create, new users.CreateReq().setOptions(options));
    expect(directory.all().map(({ user }) => user.loginName)).toEqual(['alice']);
    expect(textsIn(log, '$users')).toEqual(['alice']);
    expect(textsIn(log, '$$$user-alice')).toEqual(['{"$acl":{"$w":"$admins","$d":"$admins","$mw":"$admins"}}']);
  }
});
