import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { EnvironmentEvents, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { stepDueAfter } from '../domain/environment.js';
import { wishTypes } from '../domain/life-cycle.js';
import { StepJobs } from './step-jobs.js';

const due = [
  'environment.requested',
  'environment.retry_requested',
  'environment.settings_corrected',
  'environment.version_chosen',
  'environment.version_replaced',
  'environment.resolved',
  'environment.step_failed',
  'environment.resumed',
  'environment.needs_attention',
  'environment.rechecked',
  ...wishTypes,
  'environment.attempt_stopped',
  'environment.change_approved',
  'environment.exported',
  'environment.retained',
  'environment.drift_found',
  'environment.infrastructure_ready',
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
    const { correlationId, occurredAt } = event.metadata;
    const job = { environmentId, correlationId };
    const now = new Date(occurredAt);
    const begin = (step: EnvironmentStep): Promise<void> => this.jobs.add({ ...job, step, number: 1 }, now);
    switch (event.type) {
      case 'environment.requested':
      case 'environment.settings_corrected':
      case 'environment.version_chosen':
      case 'environment.version_replaced':
      case 'environment.amendment_requested':
      case 'environment.suspension_requested':
      case 'environment.resumption_requested':
      case 'environment.change_approved':
      case 'environment.exported':
      case 'environment.infrastructure_ready':
      case 'environment.cancellation_requested':
        return begin(stepDueAfter[event.type]);
      case 'environment.termination_requested':
        return begin(event.data.from);
      case 'environment.retry_requested':
        return begin(event.data.from ?? 'plan');
      case 'environment.resumed':
        return begin(event.data.step);
      case 'environment.attempt_stopped':
        return begin(event.data.due);
      case 'environment.resolved':
        return event.data.step === 'export' ? begin('plan') : undefined;
      case 'environment.drift_found':
        return event.data.correct ? begin('plan') : undefined;
      case 'environment.retained':
        return this.jobs.add({ ...job, step: 'delete', number: 1 }, new Date(event.data.deleteAt));
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
