import { type ProblemError, problemFactory, type ProblemTable } from '#libs/http/src/problem.js';

type AuthProblemCode = 'unauthenticated' | 'permission_denied' | 'token_keys_unavailable';

const authProblems: ProblemTable<AuthProblemCode> = {
  unauthenticated: {
    status: 401,
    title: 'Not signed in',
    whatToDo: 'Send a valid access token as "Authorization: Bearer <token>". Sign in or refresh to get a new one.',
  },
  permission_denied: { status: 403, title: 'Not permitted' },
  token_keys_unavailable: {
    status: 503,
    title: "Tokens can't be checked",
    whatToDo: "The keys that sign access tokens can't be fetched. Try again in a few seconds.",
  },
};

export const authProblem = problemFactory(authProblems);

export function tokenRevoked(): ProblemError {
  const detail = 'This access token was revoked: its session has ended, or what its user may do has changed. ';
  return authProblem(
    'unauthenticated',
    `${detail}Refresh it or sign in again.`,
    {},
    {
      'WWW-Authenticate': 'Bearer error="invalid_token", error_description="revoked"',
    },
  );
}
