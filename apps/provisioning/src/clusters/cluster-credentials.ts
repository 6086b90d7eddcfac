import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SecretBox } from '#libs/secrets/src/secret-box.js';

/** What was stored under this id is destroyed: a request that was refused, or long done, is repeated. */
export class CredentialDestroyed extends Error {
  override readonly name = 'CredentialDestroyed';
}

/** Kubeconfigs of clusters, sealed. A row is written before the event that names it. */
@Injectable()
export class ClusterCredentials {
  constructor(
    @InjectDataSource('provisioning') private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  /** The same id keeps what was stored first. @throws CredentialDestroyed when that is gone for good */
  async store(id: string, kubeconfig: string): Promise<void> {
    await this.database.query('insert into cluster_credentials (id, sealed) values ($1, $2) on conflict do nothing', [
      id,
      this.box.seal(kubeconfig, place(id)),
    ]);
    if ((await this.open(id)) === undefined) throw new CredentialDestroyed(`The credential ${id} was destroyed.`);
  }

  /** Undefined when there is none, or none any more. */
  async open(id: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ sealed: string }[]>(
      'select sealed from cluster_credentials where id = $1 and sealed is not null',
      [id],
    );
    return row && this.box.open(row.sealed, place(id));
  }

  /** For good: the row stays, so that a repeated request can't bring it back. */
  async destroy(...ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query('update cluster_credentials set sealed = null where id = any($1)', [ids]);
  }
}

function place(id: string): string {
  return `cluster-credential:${id}`;
}
