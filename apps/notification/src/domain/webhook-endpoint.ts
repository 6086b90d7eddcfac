/** A secret that webhooks are signed with; the secret itself stands sealed in the credential table. */
export interface EndpointSecret {
  readonly credentialId: string;
  readonly version: number;
}

/** What every endpoint that exists carries. */
interface Facts {
  readonly name: string;
  readonly url: string;
  /** Oldest first. */
  readonly active: readonly EndpointSecret[];
  readonly retired: readonly EndpointSecret[];
}

/** `failingSince`: ISO instant of the first of the failures that no success has followed. */
export type WebhookEndpointState =
  | { readonly status: 'none' }
  | (Facts & { readonly status: 'enabled'; readonly failingSince?: string })
  | (Facts & { readonly status: 'disabled' });

export type WebhookEndpointRefusal =
  | 'webhook_endpoint_not_found'
  | 'webhook_endpoint_exists'
  | 'webhook_endpoint_disabled'
  | 'endpoint_secret_not_found'
  | 'last_endpoint_secret';

/** During a rotation webhooks carry the signatures of the old and the new secret. */
export const maxActiveSecrets = 2;
/** An endpoint that took nothing for so long is disabled. */
export const failingLimitMs = 120 * 3_600_000;
