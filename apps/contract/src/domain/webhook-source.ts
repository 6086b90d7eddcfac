/** A secret that signatures may be made with; the secret itself stands sealed in the credential table. */
export interface SigningSecret {
  readonly credentialId: string;
  readonly version: number;
}

export type WebhookSourceState =
  | { readonly status: 'none' }
  | {
      readonly status: 'registered';
      readonly name: string;
      /** Oldest first. */
      readonly active: readonly SigningSecret[];
      readonly retired: readonly SigningSecret[];
    };

export type WebhookSourceRefusal = 'webhook_source_not_found' | 'webhook_source_exists' | 'webhook_secret_not_found';

/** During a rotation the old and the new secret both hold. */
export const maxActiveSecrets = 2;
