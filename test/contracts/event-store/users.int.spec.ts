import { pbkdf2Sync, randomUUID } from 'node:crypto';
import { BACKWARDS, END } from '@eventstore/db-client';
import type { RecordedEvent } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeSecure, UsersClient, useSecureServer } from './secure-server.js';
import { collect, errorOf } from './server-under-test.js';

const secure = useSecureServer();
const admin = 'admin:changeit';
let users: UsersClient;
beforeAll(() => {
  users = new UsersClient(secure);
});
afterAll(() => users.close());

const newLogin = (): string => `user-${randomUUID()}`;
const worksAs = async (credentials: string): Promise<boolean> => {
  try {
    await users.details(credentials, credentials.slice(0, credentials.indexOf(':')));
    return true;
  } catch (error) {
    if ((error as ServiceError).code === status.UNAUTHENTICATED) return false;
    throw error;
  }
};
const newestOf = async (stream: string): Promise<RecordedEvent> => {
  const [newest] = await collect(
    secure.admin.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }),
  );
  return newest!.event!;
};
const refusal = async (call: Promise<unknown>) => {
  const error = (await errorOf(call)) as ServiceError;
  const trailer = (name: string): string => error.metadata.get(name).join();
  return { code: error.code, details: error.details, exception: trailer('exception'), login: trailer('login-name') };
};
const denied = { code: status.PERMISSION_DENIED, details: 'Access Denied', exception: 'access-denied', login: '' };
const notFound = (login: string) => ({
  code: status.NOT_FOUND,
  details: `User '${login}' is not found.`,
  exception: 'user-not-found',
  login,
});

describeSecure('users', () => {
  it('can be created, and are written as events that hold no password', async () => {
    const login = newLogin();
    expect(await worksAs(`${login}:secret`)).toBe(false);
    await users.create(admin, login, 'secret', ['staff']);
    expect(await worksAs(`${login}:secret`)).toBe(true);
    const created = await newestOf(`$user-${login}`);
    expect(created).toMatchObject({
      type: '$UserCreated',
      isJson: true,
      data: { loginName: login, fullName: `The ${login}`, groups: ['staff'] },
    });
    const { salt, hash } = created.data as Record<string, string>;
    expect(Buffer.from(salt!, 'base64')).toHaveLength(16);
    expect(hash).toBe(pbkdf2Sync('secret', Buffer.from(salt!, 'base64'), 1_000, 20, 'sha1').toString('base64'));
    expect(created.data).not.toHaveProperty('disabled');
    expect(await newestOf(`$$$user-${login}`)).toMatchObject({
      type: '$metadata',
      data: { $acl: { $w: '$admins', $d: '$admins', $mw: '$admins' } },
    });
    const listed = await newestOf('$users');
    expect([listed.type, Buffer.from(listed.data as Uint8Array).toString()]).toEqual(['$User', login]);
  });

  it('can be created again with the same password, and with no other', async () => {
    const login = newLogin();
    await users.create(admin, login, 'secret');
    await users.create(admin, login, 'secret');
    expect(await refusal(users.create(admin, login, 'other'))).toEqual({
      code: status.FAILED_PRECONDITION,
      details: 'Conflict.',
      exception: 'user-conflict',
      login,
    });
    expect((await newestOf(`$user-${login}`)).revision).toBe(0n);
  });

  it('can be created but once, however many try at a time', async () => {
    const login = newLogin();
    const attempts = ['one', 'two', 'three'].map((password) => users.create(admin, login, password));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect((await newestOf(`$user-${login}`)).revision).toBe(0n);
    // Those who lost have written nothing.
    expect((await newestOf(`$$$user-${login}`)).revision).toBe(0n);
    const listed = (await collect(secure.admin.readStream('$users'))).map(({ event }) =>
      Buffer.from(event!.data as Uint8Array).toString(),
    );
    expect(listed.filter((each) => each === login)).toHaveLength(1);
  });

  it('get another name and other groups', async () => {
    const login = newLogin();
    await users.create(admin, login, 'secret');
    await users.update(admin, login, 'Renamed', ['$admins']);
    expect(await users.details(admin, login)).toMatchObject([{ fullName: 'Renamed', groupsList: ['$admins'] }]);
    // The groups count at once, and the password stays.
    expect(await users.details(`${login}:secret`, login)).toHaveLength(1);
    await users.create(`${login}:secret`, newLogin(), 'secret');
  });

  it('are refused while they are disabled', async () => {
    const login = newLogin();
    await users.create(admin, login, 'secret');
    expect(await worksAs(`${login}:secret`)).toBe(true);
    await users.disable(admin, login);
    expect(await worksAs(`${login}:secret`)).toBe(false);
    expect(await users.details(admin, login)).toMatchObject([{ disabled: true }]);
    expect((await newestOf(`$user-${login}`)).data).toMatchObject({ disabled: true });
    await users.enable(admin, login);
    expect(await worksAs(`${login}:secret`)).toBe(true);
  });

  it('are refused once they are deleted, also on a connection that has worked; their login is free again', async () => {
    const login = newLogin();
    await users.create(admin, login, 'secret');
    expect(await worksAs(`${login}:secret`)).toBe(true);
    await users.delete(admin, login);
    expect(await worksAs(`${login}:secret`)).toBe(false);
    expect(await refusal(users.details(admin, login))).toEqual(notFound(login));
    await users.create(admin, login, 'fresh');
    expect([await worksAs(`${login}:secret`), await worksAs(`${login}:fresh`)]).toEqual([false, true]);
    // What was said of the one who is gone stays hidden.
    expect((await collect(secure.admin.readStream(`$user-${login}`))).map(({ event }) => event!.revision)).toEqual([
      1n,
    ]);
    expect((await newestOf(`$$$user-${login}`)).data).toEqual({
      $tb: 1,
      $acl: { $w: '$admins', $d: '$admins', $mw: '$admins' },
    });
  });

  it('change their password when they know the current one', async () => {
    const login = newLogin();
    await users.create(admin, login, 'old');
    expect(await worksAs(`${login}:old`)).toBe(true);
    expect(await refusal(users.changePassword(`${login}:old`, login, 'wrong', 'new'))).toEqual(denied);
    await users.changePassword(`${login}:old`, login, 'old', 'new');
    expect([await worksAs(`${login}:old`), await worksAs(`${login}:new`)]).toEqual([false, true]);
    expect((await newestOf(`$user-${login}`)).type).toBe('$UserUpdated');
  });

  it('change the password of somebody else when they know that one', async () => {
    const [login, other] = [newLogin(), newLogin()];
    await users.create(admin, login, 'secret');
    await users.create(admin, other, 'old');
    expect(await refusal(users.changePassword(`${login}:secret`, other, 'wrong', 'new'))).toEqual(denied);
    expect(await worksAs(`${other}:old`)).toBe(true);
    await users.changePassword(`${login}:secret`, other, 'old', 'new');
    expect([await worksAs(`${other}:old`), await worksAs(`${other}:new`)]).toEqual([false, true]);
  });

  it.each<{ name: string; call: (login: string) => Promise<unknown> }>([
    { name: 'a change', call: (login) => users.changePassword(admin, login, 'secret', 'new') },
    { name: 'disabling', call: (login) => users.disable(admin, login) },
    { name: 'deleting', call: (login) => users.delete(admin, login) },
  ])('tell every node that what it remembers of their password is void: $name', async ({ call }) => {
    const login = newLogin();
    await users.create(admin, login, 'secret');
    await call(login);
    expect(await newestOf('$users-password-notifications')).toMatchObject({
      type: '$PasswordChanged',
      data: { loginName: login },
    });
  });

  it('are two from the beginning', async () => {
    expect(await users.details(admin, 'admin')).toMatchObject([
      { fullName: 'Event Store Administrator', groupsList: ['$admins'], disabled: false },
    ]);
    expect(await users.details(admin, 'ops')).toMatchObject([
      { fullName: 'Event Store Operations', groupsList: ['$ops'], disabled: false },
    ]);
  });

  it('get a new password from an administrator', async () => {
    const login = newLogin();
    await users.create(admin, login, 'old');
    await users.resetPassword(admin, login, 'new');
    expect([await worksAs(`${login}:old`), await worksAs(`${login}:new`)]).toEqual([false, true]);
    const notification = await newestOf('$users-password-notifications');
    expect(notification).toMatchObject({ type: '$PasswordChanged', data: { loginName: login } });
    expect(await newestOf('$$$users-password-notifications')).toMatchObject({ data: { $maxAge: 3_600 } });
  });

  it('may have a colon in their password, and characters of any language', async () => {
    const login = newLogin();
    await users.create(admin, login, 'a:b:ü契約');
    expect(await users.details(`${login}:a:b:ü契約`, login)).toHaveLength(1);
    expect(await errorOf(users.details(`${login}:a`, login))).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it('tell their details, one or all, sorted by login', async () => {
    const [first, second] = [`a-${newLogin()}`, `b-${newLogin()}`];
    await users.create(admin, second, 'secret', ['staff']);
    await users.create(admin, first, 'secret');
    const before = Date.now();
    const [only] = await users.details(admin, second);
    expect(only).toMatchObject({
      loginName: second,
      fullName: `The ${second}`,
      groupsList: ['staff'],
      disabled: false,
    });
    // Ticks of 100 ns since 1970.
    expect(Math.abs(Number(BigInt(only!.lastUpdated!.ticksSinceEpoch) / 10_000n) - before)).toBeLessThan(60_000);
    const logins = (await users.details(admin)).map(({ loginName }) => loginName);
    expect(logins).toEqual(expect.arrayContaining([first, second, 'admin', 'ops']));
    expect(logins).toEqual(logins.toSorted());
  });

  it.each<{ name: string; call: (login: string) => Promise<unknown> }>([
    { name: 'update', call: (login) => users.update(admin, login, 'X', []) },
    { name: 'delete', call: (login) => users.delete(admin, login) },
    { name: 'enable', call: (login) => users.enable(admin, login) },
    { name: 'disable', call: (login) => users.disable(admin, login) },
    { name: 'details', call: (login) => users.details(admin, login) },
    { name: 'changePassword', call: (login) => users.changePassword(admin, login, 'a', 'b') },
    { name: 'resetPassword', call: (login) => users.resetPassword(admin, login, 'b') },
  ])('that are missing are named: $name', async ({ call }) => {
    const login = newLogin();
    expect(await refusal(call(login))).toEqual(notFound(login));
  });

  it.each<{ name: string; call: (caller: string) => Promise<unknown> }>([
    { name: 'create', call: (caller) => users.create(caller, newLogin(), 'secret') },
    { name: 'update', call: (caller) => users.update(caller, 'admin', 'X', []) },
    { name: 'delete', call: (caller) => users.delete(caller, 'admin') },
    { name: 'enable', call: (caller) => users.enable(caller, 'admin') },
    { name: 'disable', call: (caller) => users.disable(caller, 'admin') },
    { name: 'resetPassword', call: (caller) => users.resetPassword(caller, 'admin', 'taken over') },
    { name: 'details of all', call: (caller) => users.details(caller) },
    { name: 'details of somebody else', call: (caller) => users.details(caller, 'admin') },
    { name: 'details of one who is missing', call: (caller) => users.details(caller, newLogin()) },
  ])('are the matter of administrators: $name', async ({ call }) => {
    const login = newLogin();
    await users.create(admin, login, 'secret');
    expect(await refusal(call(`${login}:secret`))).toEqual(denied);
    expect(await refusal(call('ops:changeit'))).toEqual(denied);
  });

  it('are not told of to those who do not say who they are, and nothing of theirs is changed by them', async () => {
    expect(await refusal(users.create(undefined, newLogin(), 'secret'))).toEqual(denied);
    expect(await refusal(users.details(undefined))).toEqual(denied);
    expect(await refusal(users.changePassword(undefined, 'admin', 'changeit', 'new'))).toEqual(denied);
    expect(await worksAs(admin)).toBe(true);
  });
});
