/** What an access token says, and who makes it for whom. Identity signs them; every app checks them. */
import { type Role, roles } from '#libs/events/src/identity.js';

export const accessTokenIssuer = 'keiyaku-identity';
export const accessTokenAudience = 'keiyaku-api';
/** A P-256 signature; no other algorithm is accepted. */
export const accessTokenAlgorithm = 'ES256';
export const accessTokenLifetimeSeconds = 15 * 60;

export interface AccessTokenClaims {
  /** User id or machine client id. */
  readonly sub: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Session id; machine clients have none. */
  readonly sid?: string;
  /** Revision of the user's stream that the roles are taken from; tokens of machines have none. */
  readonly urev?: number;
  /** Id of the key that the token was given for. */
  readonly key?: string;
  /** Permissions of the roles that the token is limited to. */
  readonly scopes?: readonly string[];
}

export function isAccessTokenClaims(payload: unknown): payload is AccessTokenClaims {
  if (typeof payload !== 'object' || payload === null) return false;
  const { sub, name, roles: held, sid, urev, key, scopes } = payload as Record<string, unknown>;
  const known: readonly unknown[] = roles;
  const rolesFit = Array.isArray(held) && held.length > 0 && held.every((role) => known.includes(role));
  const sessionFits = sid === undefined || (typeof sid === 'string' && sid !== '');
  const revisionFits = urev === undefined || Number.isSafeInteger(urev);
  const keyFits = key === undefined || typeof key === 'string';
  const scopesFit = scopes === undefined || (Array.isArray(scopes) && scopes.every((each) => typeof each === 'string'));
  const namesFit = typeof sub === 'string' && sub !== '' && typeof name === 'string';
  return namesFit && rolesFit && sessionFits && revisionFits && keyFits && scopesFit;
}
