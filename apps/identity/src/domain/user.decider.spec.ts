import { it } from 'vitest';
import type { UserEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { CreateUser, userDecider } from './user.decider.js';

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
