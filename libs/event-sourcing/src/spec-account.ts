/** A small aggregate that the kernel's own specs use. */
import type { EventOf, EventTable } from '#libs/events/src/event-table.js';
import { parkedEventEvents } from '#libs/events/src/parked-event.js';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Command } from './command.js';
import { type Decider, Refusal, unreachable } from './decider.js';
import { EventSchemas } from './event-schemas.js';
import { projection } from './projection.js';

export interface AccountEvents {
  'account.opened': { readonly accountId: string; readonly owner: string };
  'account.paid_in': { readonly accountId: string; readonly amount: number };
  'account.closed': { readonly accountId: string };
}
export type AccountEvent = EventOf<AccountEvents>;

const accountEvents: EventTable<AccountEvents> = {
  'account.opened': { version: 2, description: 'An account was opened.' },
  'account.paid_in': { version: 1, description: 'Money came in.' },
  'account.closed': { version: 1, description: 'The account was closed.' },
};

export const accountSchemas = new EventSchemas(
  { ...accountEvents, ...parkedEventEvents },
  { 'account.opened': { 1: (data) => ({ ...data, owner: 'unknown' }) } },
);

export class OpenAccount extends Command<{ readonly owner: string; readonly payIn?: number }> {
  override readonly type = 'open';
}
export class PayIn extends Command<{ readonly amount: number }> {
  override readonly type = 'pay_in';
}
export class CloseAccount extends Command<Record<string, never>> {
  override readonly type = 'close';
}

type AccountState =
  { readonly status: 'none' } | { readonly status: 'open'; readonly balance: number } | { readonly status: 'closed' };

export const accountDecider: Decider<
  AccountState,
  OpenAccount | PayIn | CloseAccount,
  AccountEvent,
  'account_not_found' | 'not_positive'
> = {
  category: 'account',
  initialState: { status: 'none' },
  decide(command, state) {
    const accountId = command.target;
    switch (command.type) {
      case 'open': {
        if (state.status !== 'none') return [];
        const { owner, payIn } = command.data;
        return [
          { type: 'account.opened', data: { accountId, owner } },
          ...(payIn === undefined ? [] : [{ type: 'account.paid_in' as const, data: { accountId, amount: payIn } }]),
        ];
      }
      case 'pay_in':
        if (state.status !== 'open') return new Refusal('account_not_found', 'Open the account first.');
        if (command.data.amount <= 0) return new Refusal('not_positive', 'Pay in more than nothing.');
        return [{ type: 'account.paid_in', data: { accountId, amount: command.data.amount } }];
      case 'close':
        return state.status === 'open' ? [{ type: 'account.closed', data: { accountId } }] : [];
      default:
        return unreachable(command);
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'account.opened':
        return { status: 'open', balance: 0 };
      case 'account.paid_in':
        return state.status === 'open' ? { ...state, balance: state.balance + event.data.amount } : state;
      case 'account.closed':
        return { status: 'closed' };
      default:
        return unreachable(event);
    }
  },
};

@Entity({
  name: 'account_balance',
  synchronize: false,
  comment: "Every open account and what it holds: the bank's own list.",
})
@Index(['owner'])
export class AccountBalance {
  @PrimaryColumn('text')
  accountId: string;

  @Column('text')
  owner: string;

  @Column('bigint', { comment: 'What it holds, in yen.' })
  balance: string;

  @Column({ type: 'jsonb' })
  payments: readonly number[];

  @Column({ type: 'timestamptz', nullable: true })
  lastPaidInAt: Date | null;
}

export const accountBalance = projection<AccountBalance, AccountEvents>({
  name: 'account_balance',
  version: 1,
  entity: AccountBalance,
  on: {
    'account.opened': {
      keys: ({ data }) => [data.accountId],
      evolve: (_row, { data }) => ({
        accountId: data.accountId,
        owner: data.owner,
        balance: '0',
        payments: [],
        lastPaidInAt: null,
      }),
    },
    'account.paid_in': {
      keys: ({ data }) => [data.accountId],
      evolve: (row, { data, metadata }) =>
        row && {
          ...row,
          balance: (BigInt(row.balance) + BigInt(data.amount)).toString(),
          payments: [...row.payments, data.amount],
          lastPaidInAt: new Date(metadata.occurredAt),
        },
    },
    'account.closed': { keys: ({ data }) => [data.accountId], evolve: () => undefined },
  },
});
