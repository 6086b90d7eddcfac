import type { EntityManager } from 'typeorm';
import type { Refusal } from './decider.js';
import type { RecordedEvent } from './event.js';

/** Made by the kernel in each context's database: commands of policies that were refused and passed. */
export const policyRefusalsTable = `
  create table if not exists policy_refusals (
    policy text not null,
    event_id uuid not null,
    stream text not null,
    code text not null,
    detail text not null,
    refused_at timestamptz not null default now(),
    primary key (policy, event_id, code)
  );
  do $$ begin
    if not exists (select from pg_attribute where attrelid = 'policy_refusals'::regclass and attname = 'target') then
      alter table policy_refusals
        add column target text not null default '',
        drop constraint policy_refusals_pkey,
        add primary key (policy, event_id, code, target);
    end if;
  end $$`;

/** @param target who it was refused for, where one event makes commands to many */
export async function recordRefusal(
  refused: {
    readonly policy: string;
    readonly event: RecordedEvent;
    readonly refusal: Refusal<string>;
    readonly target?: string;
  },
  manager: EntityManager,
): Promise<void> {
  const { policy, event, refusal, target = '' } = refused;
  await manager.query(
    `insert into policy_refusals (policy, event_id, stream, code, detail, target)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [policy, event.id, event.stream, refusal.code, refusal.detail, target],
  );
}
