import type { CommandBus } from '@nestjs/cqrs';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { accepted, attemptContext, type AttemptOrigin } from '#libs/jobs/src/attempt-commands.js';
import type { EnvironmentStep, Failure } from '#libs/events/src/provisioning.js';
import type { Lease } from '../domain/environment.js';
import { ReportHindrance } from '../domain/failure-handling.js';
import { ReportProgress } from '../domain/step-outcomes.js';

export interface Progress {
  readonly ready: number;
  readonly total: number;
  /** Objects that are not ready yet, in words. */
  readonly pending: readonly string[];
}

/** The lease ran out or went to another attempt. Whatever this one would still do must not be done. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

interface HeldLease extends AttemptOrigin {
  readonly environmentId: string;
  readonly ms: number;
  /** Instant at which it ends unless it is renewed. */
  readonly until: Date;
}

/** A try of one step while it runs: shows signs of life in the log and knows when its lease is gone. */
export class Attempt {
  /** Aborts when the lease is lost or the process stops. */
  readonly signal: AbortSignal;
  private readonly lost = new AbortController();
  private readonly heartbeat: NodeJS.Timeout;
  private expiry: NodeJS.Timeout;
  private until: Date;
  private progress: Progress = { ready: 0, total: 0, pending: [] };
  private reports = 0;
  private hindrance = false;
  private reporting: Promise<void> = Promise.resolve();

  constructor(
    private readonly lease: HeldLease,
    private readonly commands: CommandBus,
    stopping: AbortSignal,
    /** Call it when only waiting is left, for minutes perhaps: another environment may begin then. */
    readonly leavePlace: () => void,
  ) {
    this.signal = AbortSignal.any([this.lost.signal, stopping]);
    this.until = lease.until;
    this.expiry = this.expireAt(lease.until);
    this.heartbeat = setInterval(() => void this.report(this.progress), lease.ms / 3);
  }

  get id(): string {
    return this.lease.attempt;
  }

  /** Puts the progress on record and renews the lease. A store that is away costs the lease only when it stays away. */
  async report(progress: Progress): Promise<void> {
    this.progress = progress;
    this.reporting = this.reporting.then(() => this.renew(progress));
    await this.reporting;
  }

  /** Puts on record, once, what holds the step up and should pass by itself. @throws EventStoreUnavailable */
  async hindered(step: EnvironmentStep, failure: Failure): Promise<void> {
    if (this.hindrance) return;
    const data = { attempt: this.id, step, ...failure };
    await accepted(this.commands, new ReportHindrance(this.lease.environmentId, data, this.context('hindrance')));
    this.hindrance = true;
  }

  /** Call it just before work outside. @throws LeaseLost, or the reason for which the process stops */
  hold(): void {
    if (this.until.getTime() <= Date.now()) this.lost.abort(new LeaseLost('The lease has run out.'));
    this.signal.throwIfAborted();
  }

  /** The lease with which the worker goes on with the next step; none when it has to stop. */
  next(): Lease | undefined {
    if (this.signal.aborted) return undefined;
    return { attempt: freshId(), until: new Date(Date.now() + this.lease.ms).toISOString() };
  }

  /** Stops the signs of life; the outcome follows. */
  async end(): Promise<void> {
    clearInterval(this.heartbeat);
    clearTimeout(this.expiry);
    await this.reporting;
  }

  /** The context of one of this attempt's commands, each known by its name. */
  context(name: string): CommandContext {
    return attemptContext(this.lease, name);
  }

  private async renew(progress: Progress): Promise<void> {
    if (this.signal.aborted) return;
    const { environmentId, attempt, ms } = this.lease;
    const until = new Date(Date.now() + ms);
    const data = { attempt, ...progress, leaseUntil: until.toISOString() };
    try {
      await this.commands.execute(new ReportProgress(environmentId, data, this.context(`progress-${this.reports++}`)));
    } catch (error) {
      // Any other error means that the store is away: the lease runs on, and the next sign of life may get through.
      if (error instanceof CommandRefused) this.lost.abort(new LeaseLost(error.message));
      return;
    }
    clearTimeout(this.expiry);
    this.until = until;
    this.expiry = this.expireAt(until);
  }

  private expireAt(until: Date): NodeJS.Timeout {
    const expire = (): void => this.lost.abort(new LeaseLost('The lease has run out.'));
    return setTimeout(expire, until.getTime() - Date.now());
  }
}
