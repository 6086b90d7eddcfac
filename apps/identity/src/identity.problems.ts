import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { AdministratorsRefusal } from './domain/administrators.js';
import type { ErasureRefusal } from './domain/erasure.js';
import type { SessionRefusal } from './domain/session.js';
import type { UserRefusal } from './domain/user.js';

type IdentityProblemCode =
  | UserRefusal
  | AdministratorsRefusal
  | SessionRefusal
  | ErasureRefusal
  | 'subject_unknown'
  | 'sign_in_refused'
  | 'refresh_token_invalid'
  | 'no_session'
  | 'invalid_client'
  | 'unsupported_grant_type';

export const identityProblems: ProblemTable<IdentityProblemCode> = {
  user_exists: { status: 409, title: 'User exists' },
  user_not_found: { status: 404, title: 'No such user' },
  last_administrator: { status: 409, title: 'Last administrator' },
  session_exists: { status: 409, title: 'Session exists' },
  session_ended: { status: 401, title: 'Session has ended', whatToDo: 'This session has ended. Sign in again.' },
  session_not_found: { status: 404, title: 'No such session' },
  sign_in_refused: {
    status: 401,
    title: 'Not signed in',
    whatToDo: 'There is no user with this mail and password. Check both and try again.',
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
