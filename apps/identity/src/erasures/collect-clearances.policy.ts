import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, type PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { ClearanceEvent } from '#libs/events/src/erasure.js';
import { ConfirmContextCleared } from '../domain/erasure.decider.js';

/** What contexts say that they have cleared is gathered in the erasure; the last one brings the certificate. */
@Controller()
export class CollectClearancesPolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('identity/collect-clearances', { on: ['erasure.copies_cleared'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() { data, metadata }: Recorded<ClearanceEvent>, @Ctx() policy: PolicyContext): Promise<void> {
    const { erasureId, context } = data;
    const confirmation = { context, clearedAt: metadata.occurredAt };
    await this.commands.execute(new ConfirmContextCleared(erasureId, confirmation, policy.command(erasureId)));
  }
}
