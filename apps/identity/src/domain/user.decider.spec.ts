import { describe, it } from 'vitest';
import type { UserEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { CreateUser, DeleteUser, userDecider } from './user.decider.js';

const person = {
  email: 'sato@example.com',
  name: 'Sato',
  role: 'SALES',
  credential: { id: 'credential-1', version: 1 },
} as const;
const created: UserEvent = { type: 'user.created', data: { userId: 'user-1', ...person } };
const create = new CreateUser('user-1', person, testContext());

it('creates a user who names the credential and not the password', () => {
  given(userDecider).when(create).then(created);
});

it('creates a user once', () => {
  given(userDecider, created).when(create).thenRefused('user_exists');
});

describe('deleting a user', () => {
  const remove = new DeleteUser('user-1', { erasureId: 'erasure-1' }, testContext());
  const deleted: UserEvent = { type: 'user.deleted', data: { userId: 'user-1', erasureId: 'erasure-1' } };

  it('ends them', () => given(userDecider, created).when(remove).then(deleted));
  it('does nothing a second time', () => given(userDecider, created, deleted).when(remove).thenNothing());
  it('needs a user', () => given(userDecider).when(remove).thenRefused('user_not_found'));
  it('is for good', () => given(userDecider, created, deleted).when(create).thenRefused('user_exists'));
});
