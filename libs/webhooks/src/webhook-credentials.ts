import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { newSigningSecret } from './standard-webhook.js';

/**
 * Signing secrets of one context, sealed in its table `webhook_credentials`. A row is written before the event that
 * names it, so a crash between the two leaves a row that nobody uses.
 */
export class WebhookCredentials {
  constructor(
    private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  /** For a module that provides SecretBox. */
  static of(context: string): FactoryProvider<WebhookCredentials> {
    return {
      provide: WebhookCredentials,
      useFactory: (database: DataSource, box: SecretBox) => new WebhookCredentials(database, box),
      inject: [getDataSourceToken(context), SecretBox],
    };
  }

  /** Makes the secret of a credential; a repeated or concurrent call answers the same one. Undefined: destroyed. */
  async issue(credentialId: string): Promise<string | undefined> {
    const sealed = this.box.seal(newSigningSecret(), place(credentialId));
    await this.database.query('insert into webhook_credentials (id, sealed) values ($1, $2) on conflict do nothing', [
      credentialId,
      sealed,
    ]);
    const [secret] = await this.open([credentialId]);
    return secret;
  }

  /** Answers the secrets of the credentials that stand. */
  async open(credentialIds: readonly string[]): Promise<string[]> {
    if (credentialIds.length === 0) return [];
    const rows = await this.database.query<{ id: string; sealed: string }[]>(
      'select id, sealed from webhook_credentials where id = any($1) and sealed is not null',
      [credentialIds],
    );
    return rows.map(({ id, sealed }) => this.box.open(sealed, place(id)));
  }

  /** Forgets secrets for good. The rows stay, so that a repeated request can't make them valid again. */
  async destroy(credentialIds: readonly string[]): Promise<void> {
    if (credentialIds.length === 0) return;
    await this.database.query('update webhook_credentials set sealed = null where id = any($1)', [credentialIds]);
  }
}

function place(credentialId: string): string {
  return `webhook-credential:${credentialId}`;
}
