import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { StepJobs } from './step-jobs.js';

const due = [
  'environment.requested',
  'environment.retry_requested',
  'environment.settings_corrected',
  'environment.version_chosen',
  'environment.version_replaced',
  'environment.step_failed',
  'environment.resumed',
  'environment.needs_attention',
  'environment.rechecked',
] as const;
type DueEvent = {
  [Type in (typeof due)[number]]: RecordedEvent<{ type: Type; data: EnvironmentEvents[Type] }>;
}[(typeof due)[number]];

/**
 * Wakes a worker when something is due: at once, or at the moment that the log names. A worker goes on to the other
 * steps by itself. What gets lost here is found by the sweep.
 */
@Controller()
export class QueueStepsPolicy {
  constructor(private readonly jobs: StepJobs) {}

  @Policy('provisioning/queue-steps', { on: due, key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: DueEvent): Promise<void> {
    const { environmentId } = event.data;
    const job = { environmentId, correlationId: event.metadata.correlationId };
    switch (event.type) {
      case 'environment.requested':
      case 'environment.settings_corrected':
      case 'environment.version_chosen':
      case 'environment.version_replaced':
        return this.jobs.add({ ...job, step: 'plan', number: 1 });
      case 'environment.retry_requested':
        return this.jobs.add({ ...job, step: event.data.from ?? 'plan', number: 1 });
      case 'environment.resumed':
        return this.jobs.add({ ...job, step: event.data.step, number: 1 });
      case 'environment.step_failed': {
        const { step, number, retryAt } = event.data;
        return this.jobs.add({ ...job, step, number: number + 1 }, new Date(retryAt));
      }
      case 'environment.needs_attention': {
        const { recheckAt } = event.data;
        if (recheckAt !== undefined) await this.jobs.addRecheck({ ...job, number: 1 }, new Date(recheckAt));
        return undefined;
      }
      case 'environment.rechecked': {
        const { number, recheckAt } = event.data;
        return this.jobs.addRecheck({ ...job, number: number + 1 }, new Date(recheckAt));
      }
      default:
        return unreachable(event);
    }
  }
}
