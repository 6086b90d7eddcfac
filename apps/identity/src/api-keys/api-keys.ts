import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { isAllowed, type Permission } from '#libs/auth/src/permissions.js';
import { apiKeyText } from '#libs/auth/src/api-key.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { Role } from '#libs/events/src/identity.js';
import { ApiKeySecret } from '../credential-tables.js';
import { apiKeyDecider, IssueApiKey } from '../domain/api-key.decider.js';
import { identityProblem } from '../identity.problems.js';
import { hashOfSecret, RepeatableSecrets } from '../repeatable-secrets.js';

const longestLifeMs = 366 * 86_400_000;

export interface WantedKey {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Permission[] | null;
  readonly expiresAt: Date;
}

/** Who calls with a good key. */
export interface KeyHolder {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[] | null;
  readonly expiresAt: Date;
}

export type KeyRefusal = 'unknown' | 'wrong_secret' | 'revoked' | 'expired';

/** Issues keys for machine clients, and checks them. */
@Injectable()
export class ApiKeys {
  constructor(
    @InjectRepository(ApiKeySecret, 'identity') private readonly secrets: Repository<ApiKeySecret>,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly repeatable: RepeatableSecrets,
  ) {}

  /** A repeated request answers the same key. @throws ProblemError scope_not_in_role, expiry_out_of_range */
  async issue(wanted: WantedKey, context: CommandContext): Promise<Committed & { readonly key: string }> {
    const { name, role, scopes, expiresAt } = wanted;
    const stray = scopes?.filter((scope) => !isAllowed([role], scope)) ?? [];
    if (stray.length > 0) throw identityProblem('scope_not_in_role', undefined, { scopes: stray });
    const lifeMs = expiresAt.getTime() - Date.parse(context.occurredAt);
    if (lifeMs <= 0 || lifeMs > longestLifeMs) throw identityProblem('expiry_out_of_range');
    const id = stableId('api-key', context.commandId);
    const secret = this.repeatable.of(`api-key ${id}`, context.commandId).toString('base64url');
    const row = { id, secretHash: hashOfSecret(secret) };
    await this.secrets.createQueryBuilder().insert().values(row).orIgnore().execute();
    const data = { name, role, scopes, expiresAt: expiresAt.toISOString() };
    const done = await this.commands.execute<IssueApiKey, Committed>(new IssueApiKey(id, data, context));
    return { ...done, key: apiKeyText({ id, secret }) };
  }

  /** Whose key it is, or why it lets nobody in; `unknown` for an id that no key has. */
  async authenticate(id: string, secret: string): Promise<KeyHolder | KeyRefusal> {
    const known = await this.secrets.findOneBy({ id });
    const matches = timingSafeEqual(
      Buffer.from(hashOfSecret(secret)),
      Buffer.from(known?.secretHash ?? hashOfSecret('')),
    );
    if (!known) return 'unknown';
    if (!matches) return 'wrong_secret';
    const state = await this.aggregates.load(apiKeyDecider, id);
    if (state.status === 'none') return 'unknown';
    if (state.status === 'revoked') return 'revoked';
    const { name, role, scopes, expiresAt } = state;
    if (expiresAt <= new Date().toISOString()) return 'expired';
    return { name, role, scopes, expiresAt: new Date(expiresAt) };
  }
}
