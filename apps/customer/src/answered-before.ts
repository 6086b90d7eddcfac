import { Injectable } from '@nestjs/common';
import { streamName } from '#libs/event-sourcing/src/decider.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { findReceipt } from '#libs/event-sourcing/src/receipts.js';
import { ProblemError } from '#libs/http/src/problem.js';
import { customerDecider } from './domain/customer.decider.js';

/** A request that was carried out is answered as it was then, whatever has become of what it was checked against. */
@Injectable()
export class AnsweredBefore {
  constructor(private readonly store: EventStore) {}

  /**
   * Checks a request about a customer. Undefined when it would be refused now and was carried out before: the command
   * finds its receipt then.
   * @throws ProblemError what the check throws
   */
  async orElse<Answer>(id: string, context: CommandContext, check: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const receipt = await findReceipt(this.store, streamName(customerDecider, id), context.commandId);
      if (!receipt) throw error;
      return undefined;
    }
  }
}
