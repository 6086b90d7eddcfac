import { createHmac } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import { ConfirmReservation, Reserve, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import type { ContractEvents } from '#libs/events/src/contract.js';
import { isErased } from '#libs/events/src/erased.js';
import type { EndPromise } from '#libs/events/src/provisioning.js';
import { derivedKey } from '#libs/secrets/src/derived-key.js';
import { environmentDecider, RequestEnvironment } from '../domain/environment.decider.js';
import { namespaceName, slugCandidates, slugScope } from '../domain/environment-name.js';
import {
  AmendEnvironment,
  CancelEnvironment,
  type LifeCycleCommand,
  ResumeEnvironment,
  SuspendEnvironment,
  TerminateEnvironment,
} from '../domain/life-cycle.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';

const followed = [
  'contract.signed',
  'contract.amended',
  'contract.suspended',
  'contract.resumed',
  'contract.terminated',
  'contract.cancelled',
] as const;
type FollowedEvent = {
  [Type in (typeof followed)[number]]: RecordedEvent<{ type: Type; data: ContractEvents[Type] }>;
}[(typeof followed)[number]];
type ContractSigned = Extract<FollowedEvent, { readonly type: 'contract.signed' }>;

const reservationMs = 3_600_000;
/** For a plan that is not sold any more. */
const utmostPromise: EndPromise = { export: true, retentionDays: 90 };

/**
 * A signed contract is owed an environment with a URL of its own: reserve the slug, request, confirm. From then on the
 * environment follows its contract. One policy does all of it, because the order of a contract's events counts.
 */
@Controller()
export class RequestEnvironmentPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  @Policy('provisioning/request-environment', { on: followed, key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: FollowedEvent, @Ctx() context: PolicyContext): Promise<void> {
    const environmentId = stableId('environment', event.data.contractId);
    if (event.type === 'contract.signed') return this.request(event, environmentId, context);
    const environment = await this.aggregates.load(environmentDecider, environmentId);
    // Nothing is owed for a contract that was never signed.
    if (environment.status === 'none') return undefined;
    const { plan } = environment.identity.terms;
    const promised = this.catalogue.plans[plan]?.onTermination ?? utmostPromise;
    await this.commands.execute(wish(event, promised, environmentId, context.command(environmentId)));
    return undefined;
  }

  private async request(event: ContractSigned, environmentId: string, context: PolicyContext): Promise<void> {
    const { contractId, externalId, company, terms } = event.data;
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

/** What an event of its contract wants of an environment. */
function wish(
  event: Exclude<FollowedEvent, ContractSigned>,
  { export: toExport, retentionDays }: EndPromise,
  environmentId: string,
  context: CommandContext,
): LifeCycleCommand {
  switch (event.type) {
    case 'contract.amended': {
      const { company, terms } = event.data;
      return new AmendEnvironment(environmentId, { company, terms }, context);
    }
    case 'contract.suspended':
      return new SuspendEnvironment(environmentId, reasonOf(event.data), context);
    case 'contract.resumed':
      return new ResumeEnvironment(environmentId, reasonOf(event.data), context);
    case 'contract.terminated':
    case 'contract.cancelled': {
      const end = { ...reasonOf(event.data), promised: { export: toExport, retentionDays } };
      return event.type === 'contract.terminated'
        ? new TerminateEnvironment(environmentId, end, context)
        : new CancelEnvironment(environmentId, end, context);
    }
    default:
      return unreachable(event);
  }
}

function reasonOf({ reason }: { readonly reason?: string }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}
