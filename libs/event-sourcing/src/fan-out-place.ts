import type { DataSource } from 'typeorm';
import type { Refusal } from './decider.js';
import type { PolicyContext } from './policy.js';
import { recordRefusal } from './policy-refusals.js';

/** Made by the kernel in each context's database: how far the fan-outs of its policies are. */
export const fanOutsTable = `
  create table if not exists policy_fan_outs (
    policy text not null,
    event_id uuid not null,
    read_model text not null,
    place text,
    sent integer not null default 0,
    refused integer not null default 0,
    started_at timestamptz not null default now(),
    moved_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (policy, event_id, read_model)
  )`;

/** A finished fan-out is looked at by people, and in repeated deliveries, which follow soon. */
const keptDays = 3;

export interface RefusedTarget {
  readonly target: string;
  readonly refusal: Refusal<string>;
}

/** What was done since the place was saved. */
export interface Progress {
  readonly place: string | null;
  readonly sent: number;
  readonly refused: readonly RefusedTarget[];
  readonly finished: boolean;
}

/** Another process goes on with the fan-out. What it does not know yet is repeated by the same command ids. */
class FanOutMoved extends Error {
  override readonly name = 'FanOutMoved';
}

/**
 * Forgets fan-outs that were finished days ago. Until its policy is done with the event, a place says what not to
 * repeat; without it, a repeated event makes the same commands again.
 */
export async function forgetFinishedFanOuts(database: DataSource): Promise<void> {
  await database.query(
    `delete from policy_fan_outs as fan_out
     where finished_at < now() - make_interval(days => $1) and not exists (
       select from policy_parked_events as parked
       where parked.policy = fan_out.policy and parked.event_id = fan_out.event_id
         and parked.state in ('parked', 'waiting')
     )`,
    [keptDays],
  );
}

/** The place of one fan-out: the key of the last row up to which everything is done. */
export class FanOutPlace {
  /** Null at the beginning. */
  place: string | null = null;

  constructor(
    private readonly context: PolicyContext,
    private readonly readModel: string,
    private readonly database: DataSource,
  ) {}

  /** Looks where an earlier delivery of the event has got to. */
  async find(): Promise<'none' | 'begun' | 'finished'> {
    const { policy, event } = this.context;
    const [row] = await this.database.query<{ place: string | null; finished: boolean }[]>(
      `select place, finished_at is not null as finished from policy_fan_outs
       where policy = $1 and event_id = $2 and read_model = $3`,
      [policy, event.id, this.readModel],
    );
    this.place = row?.place ?? null;
    return row ? (row.finished ? 'finished' : 'begun') : 'none';
  }

  /** When another process has begun it meanwhile, saving tells. */
  async begin(): Promise<void> {
    const { policy, event } = this.context;
    await this.database.query(
      'insert into policy_fan_outs (policy, event_id, read_model) values ($1, $2, $3) on conflict do nothing',
      [policy, event.id, this.readModel],
    );
  }

  /** @throws FanOutMoved when another process has moved it meanwhile; then nothing is written */
  async save({ place, sent, refused, finished }: Progress): Promise<void> {
    const { policy, event } = this.context;
    await this.database.transaction(async (manager) => {
      const [, moved] = await manager.query<[unknown, number]>(
        `update policy_fan_outs
         set place = $5, sent = sent + $6, refused = refused + $7, moved_at = now(),
             finished_at = case when $8 then now() end
         where policy = $1 and event_id = $2 and read_model = $3 and place is not distinct from $4
           and finished_at is null`,
        [policy, event.id, this.readModel, this.place, place, sent, refused.length, finished],
      );
      if (moved !== 1) throw new FanOutMoved(`Another process goes on with the fan-out of ${policy}.`);
      for (const { target, refusal } of refused) await recordRefusal({ policy, event, refusal, target }, manager);
    });
    this.place = place;
  }
}
