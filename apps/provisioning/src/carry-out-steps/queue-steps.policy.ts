import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { StepJobs } from './step-jobs.js';

const due = ['environment.requested', 'environment.retry_requested'] as const;
type DueEvent = {
  [Type in (typeof due)[number]]: RecordedEvent<{ type: Type; data: EnvironmentEvents[Type] }>;
}[(typeof due)[number]];

/** Wakes a worker for an environment that is due from its first step on; the worker itself goes on with the others. */
@Controller()
export class QueueStepsPolicy {
  constructor(private readonly jobs: StepJobs) {}

  @Policy('provisioning/queue-steps', { on: due, key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: DueEvent): Promise<void> {
    const { environmentId } = event.data;
    const { correlationId } = event.metadata;
    await this.jobs.add({ environmentId, step: 'plan', number: 1, correlationId });
  }
}
