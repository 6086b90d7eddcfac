import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SecretBox } from '#libs/secrets/src/secret-box.js';

/** Kubeconfigs of clusters, sealed. A row is written before the event that names it. */
@Injectable()
export class ClusterCredentials {
  constructor(
    @InjectDataSource('provisioning') private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  /** The same id keeps what was stored first. */
  async store(id: string, kubeconfig: string): Promise<void> {
    await this.database.query('insert into cluster_credentials (id, sealed) values ($1, $2) on conflict do nothing', [
      id,
      this.box.seal(kubeconfig, place(id)),
    ]);
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
  async destroy(id: string): Promise<void> {
    await this.database.query('update cluster_credentials set sealed = null where id = $1', [id]);
  }
}

function place(id: string): string {
  return `cluster-credential:${id}`;
}
