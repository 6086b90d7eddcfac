import { Injectable } from '@nestjs/common';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import {
  type ParkedEventState,
  type ReplayParkedEvent,
  type SkipParkedEvent,
  parkedEventDecider,
} from '#libs/event-sourcing/src/parked-event.js';
import { PolicyTransport } from '#libs/event-sourcing/src/policy-transport.js';
import type { ParkedEventEvent } from '#libs/events/src/parked-event.js';
import { ParkedEventList } from './parked-event-list.js';
import type { ParkedEventRow } from './parked-events.dto.js';
import { policyProblem } from './policies.problems.js';

type Decision = ReplayParkedEvent | SkipParkedEvent;

/** Records what an operator decides about a parked event; the process that runs the policy carries it out. */
@Injectable()
export class ParkedEventDecisions {
  private readonly handler: CommandHandler<ParkedEventState, Decision, ParkedEventEvent>;

  constructor(
    private readonly list: ParkedEventList,
    private readonly policies: PolicyTransport,
    private readonly store: EventStore,
    schemas: EventSchemas,
  ) {
    this.handler = new CommandHandler(parkedEventDecider, store, schemas);
  }

  /** @throws 404 and 409 problems when there is nothing to decide */
  async decide(
    Command: typeof ReplayParkedEvent | typeof SkipParkedEvent,
    id: string,
    context: CommandContext,
  ): Promise<Committed> {
    const row = await this.list.find(id);
    if (!row) throw policyProblem('parked_event_not_found');
    if (row.state !== 'parked' && !(await this.isRepeat(id, context))) throw decided(row);
    if (!this.policies.statuses.some(({ name }) => name === row.policy)) throw policyProblem('policy_not_declared');
    const { policy, eventId } = row;
    return this.handler.execute(new Command(id, { policy, eventId }, context));
  }

  /** A repeated request is answered as it was the first time, whatever has become of the event since. */
  private async isRepeat(id: string, { commandId }: CommandContext): Promise<boolean> {
    for await (const { metadata } of this.store.readStream(`${parkedEventDecider.category}-${id}`)) {
      if (metadata.commandId === commandId) return true;
    }
    return false;
  }
}

function decided({ state }: ParkedEventRow): Error {
  if (state === 'waiting') return policyProblem('parked_event_waits');
  return policyProblem(state === 'skipped' ? 'parked_event_skipped' : 'parked_event_replayed');
}
