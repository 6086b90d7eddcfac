import { ServiceTokenError, type ServiceTokens } from '#libs/auth/src/service-token.js';
import type { CredentialLink } from '../mail/environment-ready.letter.js';

const timeoutMs = 5_000;

/** There is no link, so there is no mail yet. The message holds no link and no secret. */
export class CredentialLinkError extends Error {
  override name = 'CredentialLinkError';
}

/** Asks provisioning for one-time links to the initial password of an environment. */
export class CredentialLinks {
  constructor(private readonly tokens: ServiceTokens) {}

  /** @throws CredentialLinkError, ServiceTokenError */
  async issue(environmentId: string): Promise<CredentialLink> {
    const path = `/api/environments/${encodeURIComponent(environmentId)}/credential-links`;
    const response = await this.tokens
      .fetch(path, { method: 'POST', signal: AbortSignal.timeout(timeoutMs) })
      .catch((error: unknown) => {
        if (error instanceof ServiceTokenError) throw error;
        throw new CredentialLinkError('The credential link could not be fetched: no answer.', { cause: error });
      });
    if (!response.ok) {
      await response.body?.cancel();
      throw new CredentialLinkError(`The credential link could not be fetched: the answer was ${response.status}.`);
    }
    const link = linkOf(await response.json().catch(() => undefined));
    if (!link) throw new CredentialLinkError('The credential link could not be fetched: the answer names no link.');
    return link;
  }
}

function linkOf(body: unknown): CredentialLink | undefined {
  const { url, expiresAt } = (body ?? {}) as { url?: unknown; expiresAt?: unknown };
  if (typeof url !== 'string' || !/^https?:\/\/[\x21-\x7e]+$/.test(url)) return undefined;
  if (typeof expiresAt !== 'string' || Number.isNaN(Date.parse(expiresAt))) return undefined;
  return { url, expiresAt: new Date(expiresAt) };
}
