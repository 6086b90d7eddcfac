import type { DataSource, EntityManager } from 'typeorm';
import type { RecordedEvent } from './event.js';
import type { CommitWork } from './group-commit.js';
import { parkedEventId } from './parked-event.js';

/** `parked` waits for an operator, `waiting` for the parked event of its key that stands before it. */
export type ParkedState = 'parked' | 'waiting' | 'replayed' | 'skipped';

/** Made by the kernel in each context's database. No event data stands here: it is read from the log. */
export const parkedEventsTable = `
  create table if not exists policy_parked_events (
    id uuid primary key,
    policy text not null,
    event_id uuid not null,
    event_type text not null,
    stream text not null,
    revision integer not null,
    position bigint not null,
    key text not null,
    state text not null,
    reason text,
    tries integer not null,
    occurred_at timestamptz not null,
    parked_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by text
  );
  create index if not exists policy_parked_events_key on policy_parked_events (policy, key, position)
    where state in ('parked', 'waiting');
  create index if not exists policy_parked_events_page on policy_parked_events (position, id)
    where state in ('parked', 'waiting');
  create index if not exists policy_parked_events_oldest on policy_parked_events (policy, occurred_at)
    where state in ('parked', 'waiting')`;

export interface ParkedEvent {
  readonly id: string;
  readonly eventId: string;
  readonly stream: string;
  readonly revision: number;
  readonly key: string;
  readonly state: ParkedState;
}

/** Why an event can't be handled. */
export interface Failure {
  readonly reason: string;
  readonly tries: number;
}

const columns = `id, event_id as "eventId", stream, revision, key, state`;
const open = `state in ('parked', 'waiting')`;

/** The parked events of one policy. Only the process that runs the policy writes them, with its checkpoint. */
export class ParkedEvents {
  /** Without open rows, above the last one ever parked, there is nothing to look up. */
  private openRows = 0;
  private lastPosition = -1n;

  constructor(
    private readonly policy: string,
    private readonly database: DataSource,
  ) {}

  /** Reads what other processes may have changed. */
  async begin(): Promise<void> {
    const [row] = await this.database.query<{ open: string; last: string | null }[]>(
      `select count(*) filter (where ${open}) as open, max(position) as last from policy_parked_events where policy = $1`,
      [this.policy],
    );
    this.openRows = Number(row?.open ?? 0);
    this.lastPosition = BigInt(row?.last ?? -1);
  }

  /** `known`: it was parked already, in whatever state it is now. `behind`: an earlier one of its key is parked. */
  async standing(event: RecordedEvent, key: string): Promise<'free' | 'known' | 'behind'> {
    if (this.openRows === 0 && event.position > this.lastPosition) return 'free';
    const [row] = await this.database.query<{ known: boolean; behind: boolean }[]>(
      `select exists (select from policy_parked_events where id = $1) as known,
              exists (select from policy_parked_events where policy = $2 and key = $3 and ${open}) as behind`,
      [parkedEventId(this.policy, event.id), this.policy, key],
    );
    return row?.known ? 'known' : row?.behind ? 'behind' : 'free';
  }

  async find(id: string): Promise<ParkedEvent | undefined> {
    const [row] = await this.database.query<ParkedEvent[]>(
      `select ${columns} from policy_parked_events where id = $1 and policy = $2`,
      [id, this.policy],
    );
    return row;
  }

  /** The first event of a key that is not resolved. */
  async first(key: string): Promise<ParkedEvent | undefined> {
    const [row] = await this.database.query<ParkedEvent[]>(
      `select ${columns} from policy_parked_events
       where policy = $1 and key = $2 and ${open} order by position limit 1`,
      [this.policy, key],
    );
    return row;
  }

  /** Parks an event that failed, or without a failure lets it wait behind one of its key that did. */
  park(event: RecordedEvent, key: string, failure?: Failure): CommitWork {
    this.openRows++;
    if (event.position > this.lastPosition) this.lastPosition = event.position;
    return async (manager: EntityManager) => {
      await manager.query(
        `insert into policy_parked_events
           (id, policy, event_id, event_type, stream, revision, position, key, state, reason, tries, occurred_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`,
        [
          parkedEventId(this.policy, event.id),
          this.policy,
          event.id,
          event.type,
          event.stream,
          event.revision,
          event.position,
          key,
          failure ? 'parked' : 'waiting',
          failure?.reason ?? null,
          failure?.tries ?? 0,
          event.metadata.occurredAt,
        ],
      );
    };
  }

  /** Another try of a parked event failed. */
  parkAgain({ id }: ParkedEvent, { reason, tries }: Failure): CommitWork {
    return async (manager: EntityManager) => {
      await manager.query(
        `update policy_parked_events set state = 'parked', reason = $2, tries = tries + $3, parked_at = now()
         where id = $1 and ${open}`,
        [id, reason, tries],
      );
    };
  }

  resolve({ id }: ParkedEvent, state: 'replayed' | 'skipped', by: string): CommitWork {
    this.openRows--;
    return async (manager: EntityManager) => {
      await manager.query(
        `update policy_parked_events set state = $2, resolved_by = $3, resolved_at = now() where id = $1 and ${open}`,
        [id, state, by],
      );
    };
  }
}
