import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiProperty } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { environmentDecider, IssueCredentialLink, RedeemCredential } from '../domain/environment.decider.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { EnvironmentCredentials } from './environment-credentials.js';

export class CredentialLink {
  @ApiProperty({ format: 'uri', description: 'Opens a page that shows the initial password once.' }) url: string;
  @ApiProperty({ format: 'date-time' }) expiresAt: string;
}

export class InitialCredential {
  @ApiProperty({ format: 'uri', description: 'Where the environment lives.' }) url: string;
  @ApiProperty({ description: 'Sign-in name.' }) administrator: string;
  @ApiProperty() password: string;
}

const validMs = 7 * 24 * 3_600_000;
const tokenBytes = 32;

/** One-time links to initial passwords. A token is shown once and stored as its hash. */
@Injectable()
export class CredentialLinks {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly credentials: EnvironmentCredentials,
    @InjectDataSource('provisioning') private readonly database: DataSource,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /** The same command again answers a fresh token for the same link: the one before is lost with its answer. */
  async issue(environmentId: string, context: CommandContext): Promise<CredentialLink> {
    const linkId = stableId('credential-link', context.commandId);
    const token = randomBytes(tokenBytes).toString('base64url');
    const expiresAt = new Date(Date.parse(context.occurredAt) + validMs).toISOString();
    await this.database.transaction(async (manager) => {
      // The event first: a refusal must leave no row, and a row without its event could not be redeemed.
      await this.commands.execute(new IssueCredentialLink(environmentId, { linkId, expiresAt }, context));
      await manager.query(
        `insert into credential_links (link_id, environment_id, token_hash, expires_at) values ($1, $2, $3, $4)
         on conflict (link_id) do update set token_hash = excluded.token_hash`,
        [linkId, environmentId, hashOf(token), expiresAt],
      );
    });
    return { url: `${this.settings.publicUrl}/credentials#${token}`, expiresAt };
  }

  /**
   * Shows the credential and makes every link of its environment useless.
   * @throws 410 when the token was used, has expired or never existed
   */
  async redeem(token: string, context: CommandContext): Promise<InitialCredential> {
    return this.database.transaction(async (manager) => {
      const [link] = await manager.query<{ link_id: string; environment_id: string }[]>(
        'select link_id, environment_id from credential_links where token_hash = $1',
        [hashOf(token)],
      );
      if (!link) throw provisioningProblem('credential_link_gone');
      const { link_id: linkId, environment_id: environmentId } = link;
      // Locks the environment's credential: of two that come at once, the second sees what the first has used.
      const credential = await this.credentials.find(environmentId, manager);
      const [, used] = await manager.query<[unknown, number]>(
        'update credential_links set used_at = now() where link_id = $1 and used_at is null and expires_at > now()',
        [linkId],
      );
      const environment = await this.aggregates.load(environmentDecider, environmentId);
      if (used !== 1 || !credential || environment.status === 'none') {
        throw provisioningProblem('credential_link_gone');
      }
      await manager.query('update credential_links set used_at = now() where environment_id = $1 and used_at is null', [
        environmentId,
      ]);
      // Recorded before the transaction ends: whoever sees the password stands in the log.
      await this.commands.execute(new RedeemCredential(environmentId, { linkId }, context));
      const { url, administrator } = environment.identity;
      return { url, administrator, password: credential.password };
    });
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
