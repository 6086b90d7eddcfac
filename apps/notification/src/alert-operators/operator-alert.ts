import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import type { OperatorAlert } from '#libs/events/src/notification.js';
import type { DriftedObject, EnvironmentEvent, FailureRateEvent, ObjectName } from '#libs/events/src/provisioning.js';
import { redacted } from '../alerts/redacted.js';

const mostObjects = 5;
const mostFields = 5;

export type AlarmingEvent =
  | EventOfType<
      EnvironmentEvent,
      'environment.needs_attention' | 'environment.approval_requested' | 'environment.drift_found'
    >
  | EventOfType<FailureRateEvent, 'failure_rate.exceeded'>;

export const alarmingEvents = [
  'environment.needs_attention',
  'environment.approval_requested',
  'environment.drift_found',
  'failure_rate.exceeded',
] as const;

/** The environment that it is about, as it was then. `names` are those of people and companies. */
export interface AboutEnvironment {
  readonly environment: NonNullable<OperatorAlert['environment']>;
  readonly names: readonly string[];
}

export function operatorAlert(event: Recorded<AlarmingEvent>, about: AboutEnvironment | undefined): OperatorAlert {
  const happenedAt = event.metadata.occurredAt;
  const clean = (text: string): string => redacted(text, about?.names ?? []);
  const environment = about && { environment: about.environment };
  const whose = about ? ` of ${about.environment.externalId}` : '';
  switch (event.type) {
    case 'environment.needs_attention': {
      const { step, object, reason, whatToDo, tried = [] } = event.data;
      return {
        cause: 'needs_attention',
        title: `The environment${whose} needs attention`,
        ...environment,
        step,
        ...(object !== undefined && { object: clean(object) }),
        reason: clean(tried.length === 0 ? reason : [`${reason}.`, ...tried].join(' ')),
        whatToDo: clean(whatToDo),
        happenedAt,
      };
    }
    case 'environment.approval_requested': {
      const { changes, costChange, why } = event.data;
      const { create, change, delete: remove } = changes;
      const price = costChange && costChange.amount !== 0 ? ` ${priceOf(costChange)}` : '';
      const objects = `${create.length} objects are created, ${change.length} changed and ${remove.length} deleted.`;
      const touched = [...remove, ...change, ...create];
      return {
        cause: 'approval',
        title: `A change of the environment${whose} waits for approval`,
        ...environment,
        ...(touched.length > 0 && { object: objectsInWords(touched) }),
        reason: clean(`${why.join(' ')} ${objects}${price}`.trim()),
        whatToDo:
          'Look at the plan, then approve it (POST /api/environments/{id}/approve) or reject it with a note ' +
          '(/reject). Nothing is changed before.',
        happenedAt,
      };
    }
    case 'environment.drift_found': {
      const { objects, correct } = event.data;
      return {
        cause: 'drift',
        title: `The environment${whose} was changed by hand in the cluster`,
        ...environment,
        ...(objects.length > 0 && { object: objectsInWords(objects) }),
        reason: clean(objects.slice(0, mostObjects).map(driftInWords).join('; ')),
        whatToDo: correct
          ? 'The plan is applied again by itself. Find out who changed it, so that it does not come back.'
          : 'Find out who changed it and undo it in the cluster; it is looked again by itself. With ' +
            'PROVISIONING_DRIFT=correct the plan is applied again.',
        happenedAt,
      };
    }
    case 'failure_rate.exceeded': {
      const { ended, failed, percent, thresholdPercent, windowMinutes } = event.data;
      return {
        cause: 'failure_rate',
        title: `${failed} of ${ended} environments came to need attention within ${windowMinutes} minutes`,
        reason: `${percent} % failed, and the threshold is ${thresholdPercent} %`,
        whatToDo:
          'Look what they have in common, in the list of environments that need attention: a cluster, a registry, a ' +
          'quota or an image. Mend that first, then retry them.',
        happenedAt,
      };
    }
    default:
      return unreachable(event);
  }
}

function objectsInWords(objects: readonly ObjectName[]): string {
  const named = objects.slice(0, mostObjects).map(({ kind, name, namespace }) => {
    return namespace === undefined ? `${kind} ${name}` : `${kind} ${name} in ${namespace}`;
  });
  const more = objects.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The fields alone: what stands in them may be anything. The timeline has the values. */
function driftInWords({ kind, name, what, fields }: DriftedObject): string {
  if (what === 'missing') return `${kind} ${name} is missing`;
  const paths = fields.slice(0, mostFields).map(({ field }) => field);
  const more = fields.length - paths.length;
  return `${kind} ${name} has another ${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function priceOf({ currency, amount }: { readonly currency: string; readonly amount: number }): string {
  const by = `${Math.abs(amount).toLocaleString('en-US')} ${currency}`;
  return `A month costs ${by} ${amount > 0 ? 'more' : 'less'}.`;
}

/** What two alerts have in common that tell of one cause: the object and the class, until somebody acts. */
export function causeOf({ id, type, data, metadata }: Recorded<AlarmingEvent>): readonly string[] {
  // What is put back and changed again is told once a day.
  if (type === 'environment.drift_found') {
    return [data.environmentId, data.fingerprint, metadata.occurredAt.slice(0, 10)];
  }
  if (type !== 'environment.needs_attention') return [id];
  // Whatever an operator or a contract asks for has a correlation of its own; what is tried by itself goes on in one.
  return [data.environmentId, metadata.correlationId, data.class, data.object ?? data.step];
}
