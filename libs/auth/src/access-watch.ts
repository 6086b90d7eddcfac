import type { Caller } from '#libs/http/src/request.js';
import { concerns } from './revocation.js';
import type { Revocations } from './revocations.js';

/**
 * Calls `ended` once, as soon as the caller's token is good no more: now, when it is revoked, or when it expires.
 * Answers what ends the watch.
 */
export function watchAccess(
  revocations: Pick<Revocations, 'covers' | 'onRevoked'>,
  caller: Caller,
  ended: () => void,
): () => void {
  const end = (): void => {
    unwatch();
    ended();
  };
  const expiry = setTimeout(end, (caller.expiresAt ?? 0) - Date.now()).unref();
  const forget = revocations.onRevoked((revocation) => {
    if (concerns(revocation, caller)) end();
  });
  const unwatch = (): void => {
    clearTimeout(expiry);
    forget();
  };
  // Whoever watches was let in a moment ago: meanwhile a revocation may have come by.
  if (revocations.covers(caller)) end();
  return unwatch;
}
