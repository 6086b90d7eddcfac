import { Injectable } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { ActiveUser } from './domain/user.js';
import { userDecider } from './domain/user.decider.js';

/** Users as the log knows them now: a sign-in must not see yesterday's role because a read model is behind. */
@Injectable()
export class Users {
  constructor(private readonly aggregates: Aggregates) {}

  async find(id: string): Promise<ActiveUser | undefined> {
    const state = await this.aggregates.load(userDecider, id);
    return state.status === 'active' ? state : undefined;
  }
}
