import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { ReleaseReservation, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import { attemptContext } from '#libs/jobs/src/attempt-commands.js';
import { queueDue } from '#libs/jobs/src/due-work.js';
import { slugScope } from '../domain/environment-name.js';
import { SlugReservation } from './slug-reservation.entity.js';

/** Token of the sweep's reconciler. */
export const SLUG_SWEEP = Symbol('slug sweep');

/**
 * Frees slugs whose reservation was not confirmed in time. A sweep is the whole timer: nobody waits for the moment
 * itself, because a reservation that is over gives way to the next one who asks anyway.
 */
@Injectable()
export class ReleaseSlugs {
  constructor(
    private readonly commands: CommandBus,
    @InjectRepository(SlugReservation, 'provisioning') private readonly reservations: Repository<SlugReservation>,
  ) {}

  async sweep(signal: AbortSignal): Promise<void> {
    await queueDue(this.reservations, (due) => this.release(due), signal);
  }

  /** Instances that sweep at the same time, and a sweep that is ahead of the read model, send the same command. */
  private async release({ key, owner, dueAt, correlationId }: SlugReservation): Promise<void> {
    const target = reservationTarget(slugScope, key);
    const attempt = `${target}@${dueAt.getTime()}`;
    const context = attemptContext({ process: 'provisioning', attempt, correlationId }, 'release');
    await this.commands.execute(new ReleaseReservation(target, { scope: slugScope, key, owner }, context));
  }
}
