import type { FastifyRequest } from 'fastify';

/** Who sends a request, as the access token says. `role` is the first of `roles`. */
export interface Caller {
  readonly id: string;
  readonly role: string;
  readonly roles: readonly string[];
  readonly name: string;
  /** The session that the token was issued in; machine clients have none. */
  readonly sessionId?: string;
  /** Revision of the user that the roles are taken from; machine clients have none. */
  readonly userRevision?: number;
  /** The key that a machine client called with. */
  readonly apiKeyId?: string;
  /** Permissions of the roles that the caller is limited to; absent: all of them. */
  readonly scopes?: readonly string[];
  /** When the access token expires, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** A request as guards, decorators and filters see it. */
export interface ApiRequest extends FastifyRequest {
  principal?: Caller;
  /** The access token that stands for a key in the header. */
  exchangedToken?: string;
  /**
   * For answers that last: calls back as soon as the caller's token is good no more, revoked or expired. Answers what
   * ends the watch. Absent where no token is needed.
   */
  watchAccess?: (ended: () => void) => () => void;
  /** The body's bytes as received. */
  rawBody?: Buffer;
}

const correlationIdForm = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The id that came in `X-Correlation-Id`, when it is a UUID or another short token. */
export function acceptedCorrelationId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && correlationIdForm.test(header) ? header : undefined;
}

/** Path of the request, without its query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

/** What identity publishes for everybody: every process needs it to check tokens. */
export const publishedByIdentity: ReadonlySet<string> = new Set([
  '/api/auth/.well-known/jwks.json',
  '/api/auth/.well-known/revocations.json',
]);

export function isReading({ method }: Pick<FastifyRequest, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}

const secretName = /token|secret|pass|code|key|auth|signature|mail/i;

/** The URL as it may be logged: a form that was sent by mistake puts passwords and mail addresses into the query. */
export function redactedUrl(url: string): string {
  return url.replace(/([?&])([^=&#]*)=([^&#]*)/g, (parameter: string, start: string, name: string, value: string) =>
    secretName.test(name) || /@|%40/.test(value) ? `${start}${name}=[redacted]` : parameter,
  );
}
