import { describe, it } from 'vitest';
import type { UserEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  ChangePassword,
  CreateUser,
  DeleteUser,
  DisableSecondFactor,
  EnableSecondFactor,
  RequestPasswordReset,
  UpdateUser,
  UseRecoveryCode,
  userDecider,
} from './user.decider.js';

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

describe('changing a user', () => {
  const now = { email: 'ito@example.com', name: 'Ito', role: 'MANAGER' } as const;
  const previous = { email: 'sato@example.com', name: 'Sato', role: 'SALES' } as const;
  const updated: UserEvent = { type: 'user.updated', data: { userId: 'user-1', ...now, previous } };
  const update = new UpdateUser('user-1', now, testContext());

  it('tells what was before', () => given(userDecider, created).when(update).then(updated));
  it('does nothing when nothing is other', () => given(userDecider, created, updated).when(update).thenNothing());
  it('needs a user', () => given(userDecider).when(update).thenRefused('user_not_found'));
  it('is too late after their end', () =>
    given(userDecider, created, { type: 'user.deleted', data: { userId: 'user-1' } })
      .when(update)
      .thenRefused('user_deleted'));
});

describe("a user's secrets", () => {
  const credential = { id: 'credential-1', version: 2 };
  const userId = 'user-1';
  const enabled: UserEvent = { type: 'user.second_factor_enabled', data: { userId, credential } };
  const disable = new DisableSecondFactor(userId, {}, testContext());

  it('are named by id and version', () => {
    given(userDecider, created)
      .when(new ChangePassword(userId, { credential, how: 'reset' }, testContext()))
      .then({ type: 'user.password_changed', data: { userId, credential, how: 'reset' } });
    given(userDecider, created)
      .when(new EnableSecondFactor(userId, { credential }, testContext()))
      .then(enabled);
    const reset = { resetId: 'reset-1', expiresAt: '2026-01-05T10:00:00.000Z' };
    given(userDecider, created)
      .when(new RequestPasswordReset(userId, reset, testContext()))
      .then({ type: 'user.password_reset_requested', data: { userId, ...reset } });
    given(userDecider, created, enabled)
      .when(new UseRecoveryCode(userId, { remaining: 9 }, testContext()))
      .then({ type: 'user.recovery_code_used', data: { userId, remaining: 9 } });
  });

  it('are replaced by whoever knows the newest, once', () => {
    const changed: UserEvent = { type: 'user.password_changed', data: { userId, credential, how: 'changed' } };
    given(userDecider, created, changed)
      .when(
        new ChangePassword(userId, { credential: { id: 'credential-2', version: 2 }, how: 'changed' }, testContext()),
      )
      .thenRefused('password_changed_meanwhile');
    given(userDecider, created, enabled)
      .when(new EnableSecondFactor(userId, { credential: { id: 'another', version: 3 } }, testContext()))
      .thenRefused('second_factor_is_on');
  });

  it('are given up where there are some', () => {
    const disabled: UserEvent = { type: 'user.second_factor_disabled', data: { userId } };
    given(userDecider, created, enabled).when(disable).then(disabled);
    given(userDecider, created, enabled, disabled).when(disable).thenNothing();
    given(userDecider, created).when(disable).thenNothing();
  });
});
