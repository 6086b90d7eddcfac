import type { PricedService } from '#libs/catalogue/src/price.js';
import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { EnvironmentCost, openEnd, type ServicePeriod } from './environment-cost.entity.js';
import { japaneseDay } from './japanese-day.js';

type Serving = 'environment.ready' | 'environment.amended' | 'environment.suspended' | 'environment.restored';

const keys = (event: { readonly data: { readonly environmentId: string } }): string[] => [event.data.environmentId];

/** From this event on the environment serves, under the terms that the event names. */
function serves<Type extends Serving>(
  serviceAfter: (data: EnvironmentEvents[Type]) => PricedService,
): ProjectionStep<EnvironmentCost, DomainEvent<Type, EnvironmentEvents[Type]>> {
  return {
    keys,
    evolve: (row, { data, metadata }) => {
      const { environmentId, contractId, externalId, terms } = data;
      const { plan, region, storageQuota, userLimit } = terms;
      const holds = { plan, storageQuota, userLimit, service: serviceAfter(data) };
      const periods = extended(row?.periods ?? [], { from: metadata.occurredAt, ...holds });
      const startedOn = row?.startedOn ?? japaneseDay(new Date(metadata.occurredAt));
      return { environmentId, contractId, externalId, region, ...holds, periods, startedOn, endedOn: openEnd };
    },
  };
}

const ended = {
  keys,
  evolve: (row: EnvironmentCost | undefined, { metadata }: RecordedEvent): EnvironmentCost | undefined =>
    row && row.endedOn === openEnd ? { ...row, endedOn: japaneseDay(new Date(metadata.occurredAt)) } : row,
};

/** Being told the same again begins nothing. */
function extended(periods: readonly ServicePeriod[], next: ServicePeriod): readonly ServicePeriod[] {
  const { from: _from, ...terms } = next;
  const last = periods.at(-1);
  const same = last && Object.entries(terms).every(([name, value]) => last[name as keyof ServicePeriod] === value);
  return same ? periods : [...periods, next];
}

export const environmentCostProjection = projection<EnvironmentCost, EnvironmentEvents>({
  name: 'environment_costs',
  version: 1,
  entity: EnvironmentCost,
  on: {
    'environment.ready': serves(() => 'running'),
    'environment.amended': serves(({ mode }) => mode),
    'environment.suspended': serves(() => 'suspended'),
    'environment.restored': serves(() => 'running'),
    // What is kept after the end is part of what was promised before it.
    'environment.retained': ended,
    'environment.deleted': ended,
  },
});
