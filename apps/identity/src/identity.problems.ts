import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { AdministratorsRefusal } from './domain/administrators.js';
import type { ErasureRefusal } from './domain/erasure.js';
import type { ApiKeyRefusal } from './domain/api-key.js';
import type { SessionRefusal } from './domain/session.js';
import type { SignInRefusal } from './domain/sign-in.js';
import type { UserRefusal } from './domain/user.js';

type IdentityProblemCode =
  | UserRefusal
  | AdministratorsRefusal
  | SessionRefusal
  | ErasureRefusal
  | SignInRefusal
  | ApiKeyRefusal
  | 'current_password_wrong'
  | 'reset_link_invalid'
  | 'second_factor_required'
  | 'second_factor_refused'
  | 'second_factor_not_begun'
  | 'scope_not_in_role'
  | 'expiry_out_of_range'
  | 'mail_taken'
  | 'reassign_to_unknown'
  | 'reassign_to_unfit'
  | 'subject_unknown'
  | 'sign_in_refused'
  | 'refresh_token_invalid'
  | 'no_session'
  | 'invalid_client'
  | 'unsupported_grant_type';

export const identityProblems: ProblemTable<IdentityProblemCode> = {
  user_exists: { status: 409, title: 'User exists' },
  user_not_found: { status: 404, title: 'No such user' },
  user_deleted: { status: 409, title: 'User was deleted' },
  mail_taken: {
    status: 409,
    title: 'Mail address is taken',
    whatToDo: 'Another user signs in with this mail address. GET /api/auth/users lists them; use another address.',
  },
  reassign_to_unknown: {
    status: 422,
    title: 'Nobody to take over',
    whatToDo: '"reassignTo" must be the id of another user who was not deleted. GET /api/auth/users lists them.',
  },
  reassign_to_unfit: {
    status: 422,
    title: 'Role can not take over',
    whatToDo:
      'The role of "reassignTo" does not allow what the deleted user had to do; "lacks" says which permissions. Name ' +
      'somebody who has them: GET /api/auth/roles tells which roles do.',
  },
  last_administrator: { status: 409, title: 'Last administrator' },
  session_exists: { status: 409, title: 'Session exists' },
  session_ended: { status: 401, title: 'Session has ended', whatToDo: 'This session has ended. Sign in again.' },
  session_not_found: { status: 404, title: 'No such session' },
  sign_in_refused: {
    status: 401,
    title: 'Not signed in',
    whatToDo: 'There is no user with this mail and password. Check both and try again.',
  },
  sign_in_locked: {
    status: 429,
    title: 'Too many refused sign-ins',
    whatToDo: 'Too many sign-ins with this mail address were refused. Try again after the time in Retry-After.',
  },
  second_factor_required: {
    status: 401,
    title: 'Second factor needed',
    whatToDo: 'Send mail and password again, with "code": the code of your authenticator app, or a recovery code.',
  },
  second_factor_refused: {
    status: 401,
    title: 'Code not valid',
    whatToDo: 'This code is wrong, was used already or has expired. Wait for the next one and try again.',
  },
  second_factor_is_on: {
    status: 409,
    title: 'Second factor is on',
    whatToDo: 'You have a second factor already. Send POST /api/auth/me/second-factor/disable first.',
  },
  second_factor_not_begun: {
    status: 409,
    title: 'No second factor begun',
    whatToDo: 'Send POST /api/auth/me/second-factor first: it answers the seed that the code is made from.',
  },
  current_password_wrong: {
    status: 403,
    title: 'Current password is wrong',
    whatToDo: '"currentPassword" is not the password that you sign in with. Check it and try again.',
  },
  password_changed_meanwhile: {
    status: 409,
    title: 'Password was changed meanwhile',
    whatToDo: 'Another request changed the password at the same time. Sign in with the newest one.',
  },
  reset_link_invalid: {
    status: 404,
    title: 'Link not valid',
    whatToDo: 'This link is unknown, was used already or has expired. Ask an administrator for a new one.',
  },
  api_key_exists: { status: 409, title: 'Key exists' },
  api_key_not_found: {
    status: 404,
    title: 'No such key',
    whatToDo: 'No key has this id. GET /api/auth/api-keys lists them.',
  },
  scope_not_in_role: {
    status: 422,
    title: 'Scope is not in the role',
    whatToDo: 'Each of "scopes" must be a permission of "role". GET /api/auth/roles lists them.',
  },
  expiry_out_of_range: {
    status: 422,
    title: 'Expiry out of range',
    whatToDo: '"expiresAt" must lie in the future, and at most 366 days ahead.',
  },
  refresh_token_invalid: {
    status: 401,
    title: 'Refresh token not valid',
    whatToDo: 'This refresh token is unknown or has expired. Sign in again.',
  },
  erasure_not_found: {
    status: 404,
    title: 'No such erasure',
    whatToDo: 'No erasure has this id. GET /api/erasures lists them.',
  },
  erasure_key_in_memory: { status: 409, title: 'Key may be in memory' },
  subject_unknown: {
    status: 404,
    title: 'Nothing is known of this subject',
    whatToDo:
      'There is no personal data of this subject. Check the id: "contract:<id>" takes the id of GET /api/contracts, ' +
      '"customer:<id>" that of GET /api/customers, ' +
      '"user:<id>" the id of a user.',
  },
  no_session: {
    status: 409,
    title: 'No session',
    whatToDo: 'A machine client has no session to end. Its token expires by itself.',
  },
  invalid_client: {
    status: 401,
    title: 'Client not known',
    whatToDo: 'There is no machine client with this id and secret. Check client_id and client_secret.',
  },
  unsupported_grant_type: {
    status: 400,
    title: 'Grant type not supported',
    whatToDo: 'Machine clients send "grant_type": "client_credentials". People use POST /api/auth/login.',
  },
};

export const identityProblem = problemFactory(identityProblems);
