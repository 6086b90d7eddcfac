import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { AlertChannel } from '#libs/events/src/notification.js';
import { RequestAlert } from '../domain/delivery.commands.js';
import { ALERT_SETTINGS, type AlertSettings } from '../settings.js';
import { type EnvironmentFacts, factsAfter, historyUpTo } from '../tell-endpoints/environment-update.js';
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

  private async about(event: Recorded<AlarmingEvent>): Promise<AboutEnvironment | undefined> {
    if (!('environmentId' in event.data)) return undefined;
    let facts: EnvironmentFacts | undefined;
    const names = new Set<string>();
    for await (const each of historyUpTo(this.store, this.schemas, event)) {
      facts = factsAfter(facts, each);
      if ('company' in each.data) [each.data.company.name, each.data.company.email].forEach((name) => names.add(name));
      if ('administrator' in each.data) names.add(each.data.administrator);
    }
    if (!facts) return undefined;
    const { environmentId, externalId, terms } = facts;
    return { environment: { environmentId, externalId, plan: terms.plan, region: terms.region }, names: [...names] };
  }
}
