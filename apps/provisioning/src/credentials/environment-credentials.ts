import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { randomPassword } from '#libs/secrets/src/random-password.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import type { CredentialName } from '../domain/environment.js';

export interface EnvironmentCredential {
  readonly name: CredentialName;
  readonly password: string;
}

interface Row {
  readonly credential_id: string;
  readonly version: number;
  readonly sealed_password: string;
}

/** The initial administrator passwords of environments. They leave this table into a Secret or through a one-time link. */
@Injectable()
export class EnvironmentCredentials {
  constructor(
    @InjectDataSource('provisioning') private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  /** The one credential of an environment; made when there is none yet, however often and at once this is asked. */
  async ensure(environmentId: string): Promise<EnvironmentCredential> {
    const credentialId = stableId('environment-credential', environmentId);
    const version = 1;
    const sealed = this.box.seal(randomPassword(), place(credentialId, version));
    await this.database.query(
      `insert into environment_credentials (environment_id, credential_id, version, sealed_password)
       values ($1, $2, $3, $4) on conflict do nothing`,
      [environmentId, credentialId, version, sealed],
    );
    const found = await this.find(environmentId, this.database.manager);
    if (!found) throw new Error(`The credential of environment ${environmentId} vanished.`);
    return found;
  }

  /** Locks the row until the transaction ends. */
  async find(environmentId: string, manager: EntityManager): Promise<EnvironmentCredential | undefined> {
    const [row] = await manager.query<Row[]>(
      `select credential_id, version, sealed_password from environment_credentials
       where environment_id = $1 for update`,
      [environmentId],
    );
    if (!row) return undefined;
    const { credential_id: id, version, sealed_password: sealed } = row;
    return { name: { id, version }, password: this.box.open(sealed, place(id, version)) };
  }
}

function place(credentialId: string, version: number): string {
  return `environment-credential:${credentialId}:${version}`;
}
