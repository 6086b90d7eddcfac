import { createHmac } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import { ConfirmReservation, Reserve, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import type { ContractEvents } from '#libs/events/src/contract.js';
import { isErased } from '#libs/events/src/erased.js';
import { derivedKey } from '#libs/secrets/src/derived-key.js';
import { environmentDecider, RequestEnvironment } from '../domain/environment.decider.js';
import { namespaceName, slugCandidates, slugScope } from '../domain/environment-name.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';

type ContractSigned = RecordedEvent<{ type: 'contract.signed'; data: ContractEvents['contract.signed'] }>;

const reservationMs = 3_600_000;

/** A signed contract is owed an environment with a URL of its own: reserve the slug, request, confirm. */
@Controller()
export class RequestEnvironmentPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  @Policy('provisioning/request-environment', { on: ['contract.signed'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: ContractSigned, @Ctx() context: PolicyContext): Promise<void> {
    const { contractId, externalId, company, terms } = event.data;
    const environmentId = stableId('environment', contractId);
    const known = await this.aggregates.load(environmentDecider, environmentId);
    // A crash may have come after the request: what counts is the slug that the environment has.
    const slug = known.status === 'none' ? await this.reserve(event, environmentId, context) : known.identity.slug;
    const request = {
      contractId,
      externalId,
      company,
      terms,
      slug,
      url: `https://${slug}.${this.settings.domain}`,
      namespace: namespaceName(externalId, environmentId),
      administrator: `admin@${slug}.com`,
    };
    await this.commands.execute(new RequestEnvironment(environmentId, request, context.command(environmentId)));
    const key = this.keyOf(slug);
    const target = reservationTarget(slugScope, key);
    await this.commands.execute(
      new ConfirmReservation(target, { scope: slugScope, key, owner: environmentId }, context.command(target)),
    );
  }

  /** The first candidate that is free, or that an earlier delivery of the same event reserved. */
  private async reserve({ data }: ContractSigned, owner: string, context: PolicyContext): Promise<string> {
    // The marker of an erased name is no name.
    const name = isErased(data.company.name) ? '' : data.company.name;
    for (const slug of slugCandidates(name, data.externalId)) {
      const key = this.keyOf(slug);
      const target = reservationTarget(slugScope, key);
      const expiresAt = new Date(Date.now() + reservationMs).toISOString();
      // A fresh command id: a receipt of an earlier delivery would hide that its reservation has expired.
      const command = { ...context.command(target), commandId: freshId() };
      try {
        await this.commands.execute(new Reserve(target, { scope: slugScope, key, owner, expiresAt }, command));
        return slug;
      } catch (error) {
        if (!(error instanceof CommandRefused) || error.refusal.code !== 'already_reserved') throw error;
      }
    }
    throw new Error('Slug candidates never end.');
  }

  private keyOf(slug: string): string {
    return createHmac('sha256', derivedKey(this.settings.encryptionKey, slugScope)).update(slug).digest('hex');
  }
}
