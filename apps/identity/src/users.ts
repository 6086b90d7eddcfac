import { Injectable } from '@nestjs/common';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import type { ActiveUser, UserState } from './domain/user.js';
import { userDecider } from './domain/user.decider.js';

/** Users as the log knows them now: a sign-in must not see yesterday's role because a read model is behind. */
@Injectable()
export class Users {
  constructor(
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  async find(id: string): Promise<ActiveUser | undefined> {
    let state: UserState = userDecider.initialState;
    for await (const stored of this.store.readStream(`${userDecider.category}-${id}`)) {
      state = userDecider.evolve(state, this.schemas.current<UserEvent>(stored));
    }
    return state.status === 'active' ? state : undefined;
  }
}
