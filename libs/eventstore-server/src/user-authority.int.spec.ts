import { status } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { openInMemory } from './data-folder.js';
import { EventLog } from './event-log.js';
import { UserAuthority } from './user-authority.js';
import { Users } from './users.js';

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;

async function authorityOfAlice() {
  const log = new EventLog(openInMemory());
  onTestFinished(() => log.close());
  const users = new Users(log);
  await users.create({ loginName: 'alice', fullName: '', groups: [] }, 'secret');
  return { users, log, authority: new UserAuthority(log, users) };
}

it('hashes a password once, not with every call', async () => {
  const { authority } = await authorityOfAlice();
  const first = await authority.identify(basic('alice:secret'));
  expect(first).toEqual({ name: 'alice', groups: [] });
  // The very same object: it was remembered.
  expect(await authority.identify(basic('alice:secret'))).toBe(first);
});

it('remembers nothing of a refusal, and nothing beyond a change of the user', async () => {
  const { authority, users } = await authorityOfAlice();
  await authority.identify(basic('alice:secret'));
  await expect(authority.identify(basic('alice:wrong'))).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  await users.update(users.find('alice')!, { groups: ['staff'] }, false);
  expect(await authority.identify(basic('alice:secret'))).toEqual({ name: 'alice', groups: ['staff'] });
  await users.delete(users.find('alice')!);
  await expect(authority.identify(basic('alice:secret'))).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

it('refuses a password that is right when the user is disabled while it is checked', async () => {
  const { authority, users } = await authorityOfAlice();
  const asked = authority.identify(basic('alice:secret'));
  const disabled = users.update(users.find('alice')!, { disabled: true }, false);
  // Whichever was first: afterwards the credentials are refused.
  await Promise.allSettled([asked, disabled]);
  await expect(authority.identify(basic('alice:secret'))).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

it('takes a user stream that holds something else for no user', async () => {
  const { authority, log } = await authorityOfAlice();
  const events = ['nonsense', '[]', '{"loginName":5}'].map((data, index) => ({
    id: `00000000-0000-4000-8000-00000000000${index}`,
    type: '$UserUpdated',
    isJson: true,
    metadata: Buffer.alloc(0),
    data: Buffer.from(data),
  }));
  for (const event of events) {
    await log.append('$user-alice', { kind: 'any' }, [event]);
    await expect(authority.identify(basic('alice:secret'))).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  }
});
