import { expect, it, onTestFinished } from 'vitest';
import { makeBuiltInUsers } from './built-in-users.js';
import { openInMemory } from './data-folder.js';
import { EventLog } from './event-log.js';
import { passwordMatches } from './passwords.js';
import { Users } from './users.js';

function freshNode() {
  const log = new EventLog(openInMemory());
  onTestFinished(() => log.close());
  return { log, users: new Users(log) };
}

it('gives both users the passwords of the environment, and needs to say nothing', async () => {
  const { log, users } = freshNode();
  const environment = { EVENTSTORE_ADMIN_PASSWORD: 'one', EVENTSTORE_OPS_PASSWORD: 'two' };
  expect(await makeBuiltInUsers(log, users, environment)).toEqual([]);
  expect(await passwordMatches('one', users.find('admin')!.user)).toBe(true);
  expect(await passwordMatches('two', users.find('ops')!.user)).toBe(true);
  expect(await passwordMatches('changeit', users.find('ops')!.user)).toBe(false);
});

it('says that a user cannot be made whose stream is deleted for good, and nothing of its password', async () => {
  const { log, users } = freshNode();
  await log.tombstone('$user-ops', { kind: 'any' });
  expect(await makeBuiltInUsers(log, users, { EVENTSTORE_ADMIN_PASSWORD: 'one' })).toEqual([
    'There is no user ops, and none can be made: the stream $user-ops is deleted for good. Its work is left to others in the group $ops.',
  ]);
  expect(users.all().map(({ user }) => user.loginName)).toEqual(['admin']);
});

it('completes a user of whom a killed server has written nothing but its own event', async () => {
  const { log, users } = freshNode();
  await makeBuiltInUsers(log, users, {});
  const [created] = log.storage.pageOfStream('$user-admin', 0, false);
  const half = freshNode();
  await half.log.append('$user-admin', { kind: 'no_stream' }, [
    { ...created!, id: '00000000-0000-4000-8000-000000000001' },
  ]);
  expect(half.users.all()).toEqual([]);
  await makeBuiltInUsers(half.log, half.users, {});
  expect(half.users.all().map(({ user }) => user.loginName)).toEqual(['admin', 'ops']);
  expect(half.log.catalog.metadata('$user-admin').acl).toBeDefined();
});
