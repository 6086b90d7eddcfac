import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { stepDueAfter } from '../domain/environment.js';
import { StepJobs } from './step-jobs.js';

type Due = keyof typeof stepDueAfter;
type DueEvent = { [Type in Due]: RecordedEvent<{ type: Type; data: EnvironmentEvents[Type] }> }[Due];

/** What is done makes the next step due: wakes a worker for it. */
@Controller()
export class QueueStepsPolicy {
  constructor(private readonly jobs: StepJobs) {}

  @Policy('provisioning/queue-steps', { on: Object.keys(stepDueAfter), key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: DueEvent): Promise<void> {
    const { environmentId } = event.data;
    const { correlationId } = event.metadata;
    await this.jobs.add({ environmentId, step: stepDueAfter[event.type], number: 1, correlationId });
  }
}
