import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { AlertChannel } from '#libs/events/src/notification.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { RequestAlert } from '../domain/delivery.commands.js';
import { ALERT_SETTINGS, type AlertSettings } from '../settings.js';
import { type EnvironmentFacts, factsAfter } from '../tell-endpoints/environment-update.js';
import { type AboutEnvironment, type AlarmingEvent, alarmingEvents, causeOf, operatorAlert } from './operator-alert.js';

/** Operators are told of what only they can mend: each cause once, by mail and in Slack, where these are set up. */
@Controller()
export class AlertOperatorsPolicy {
  private readonly channels: readonly AlertChannel[];

  constructor(
    private readonly commands: CommandBus,
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
    @Inject(ALERT_SETTINGS) { operators, slackUrl }: AlertSettings,
  ) {
    this.channels = [
      ...(operators.length > 0 ? (['operator_mail'] as const) : []),
      ...(slackUrl === undefined ? [] : (['slack'] as const)),
    ];
  }

  /** Nobody wants to hear of what was wrong before there was anybody to tell. */
  @Policy('notification/alert-operators', { on: alarmingEvents, key: streamOf, startFrom: 'now' })
  async handle(@Payload() event: Recorded<AlarmingEvent>, @Ctx() context: PolicyContext): Promise<void> {
    if (this.channels.length === 0) return;
    const content = operatorAlert(event, await this.about(event));
    for (const channel of this.channels) {
      const deliveryId = stableId('alert', channel, ...causeOf(event));
      await this.commands.execute(new RequestAlert(deliveryId, { channel, content }, context.command(deliveryId)));
    }
  }

  /** From the log itself, so that what is told late tells what held then. */
  private async about(event: Recorded<AlarmingEvent>): Promise<AboutEnvironment | undefined> {
    if (!('environmentId' in event.data)) return undefined;
    let facts: EnvironmentFacts | undefined;
    const names = new Set<string>();
    for await (const stored of this.store.readStream(event.stream)) {
      if (stored.revision > event.revision) break;
      const current = this.schemas.current(stored) as Recorded<EnvironmentEvent>;
      facts = factsAfter(facts, current);
      if ('company' in current.data)
        [current.data.company.name, current.data.company.email].forEach((n) => names.add(n));
      if ('administrator' in current.data) names.add(current.data.administrator);
    }
    if (!facts) return undefined;
    const { environmentId, externalId, terms } = facts;
    return { environment: { environmentId, externalId, plan: terms.plan, region: terms.region }, names: [...names] };
  }
}
