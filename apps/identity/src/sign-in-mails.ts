import { Injectable } from '@nestjs/common';
import type { Command, CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import {
  ConfirmReservation,
  GiveUpReservation,
  Reserve,
  reservationDecider,
  type ReservationCommand,
  type ReservationState,
  reservationTarget,
} from '#libs/event-sourcing/src/reservation.js';
import { StateCache } from '#libs/event-sourcing/src/state-cache.js';
import type { ReservationEvent } from '#libs/events/src/reservation.js';
import { stepOf } from './command-steps.js';
import { identityProblem } from './identity.problems.js';
import { MailHash } from './mail-hash.js';

const scope = 'sign-in-mail';
/** Longer than any request lives. */
const unconfirmedMs = 600_000;

type MailCommand = Command & ReservationCommand;

/** One mail address, one user: addresses are reserved in streams of their own, under a keyed hash. */
@Injectable()
export class SignInMails {
  private readonly handler: CommandHandler<ReservationState, MailCommand, ReservationEvent>;

  constructor(
    private readonly mailHash: MailHash,
    store: EventStore,
    schemas: EventSchemas,
    cache: StateCache,
  ) {
    this.handler = new CommandHandler(reservationDecider, store, schemas, cache);
  }

  /** Until the user's event confirms it, or ten minutes have passed. @throws ProblemError mail_taken */
  async reserve(email: string, userId: string, request: CommandContext): Promise<void> {
    const key = this.mailHash.of(email);
    const expiresAt = new Date(Date.parse(request.occurredAt) + unconfirmedMs).toISOString();
    try {
      await this.handler.execute(
        new Reserve(
          reservationTarget(scope, key),
          { scope, key, owner: userId, expiresAt },
          stepOf(request, 'reserve', key),
        ),
      );
    } catch (error) {
      if (error instanceof CommandRefused) throw identityProblem('mail_taken');
      throw error;
    }
  }

  /** The user has the address; also one that nobody reserved, because the first administrator's is not. */
  async confirm(email: string, userId: string, policy: PolicyContext): Promise<Committed> {
    const key = this.mailHash.of(email);
    const target = reservationTarget(scope, key);
    await this.reserve(email, userId, policy.command(target));
    return this.handler.execute(new ConfirmReservation(target, { scope, key, owner: userId }, policy.command(target)));
  }

  /** @param key `mailHash` of the credential, which outlives the address itself */
  async giveUp(key: string, userId: string, policy: PolicyContext): Promise<void> {
    const target = reservationTarget(scope, key);
    await this.handler.execute(new GiveUpReservation(target, { scope, key, owner: userId }, policy.command(target)));
  }

  hashOf(email: string): string {
    return this.mailHash.of(email);
  }
}
