/** Random histories of account commands, and a judge that holds what was answered against what the log holds. */
import fc from 'fast-check';
import { testContext } from '#libs/testing/src/given.js';
import type { CommandContext, Committed } from './command.js';
import { unreachable } from './decider.js';
import {
  CommandIdReused,
  CommandRefused,
  EventStoreUnavailable,
  RevisionMismatch,
  TooMuchContention,
} from './errors.js';
import type { RecordedEvent } from './event.js';
import { freshId } from './ids.js';
import { CloseAccount, OpenAccount, PayIn } from './spec-account.js';

export type AccountCommand = OpenAccount | PayIn | CloseAccount;

export interface Answer {
  readonly command: AccountCommand;
  /** Highest revision of the account that anybody was told before this command was sent. */
  readonly toldBefore: number;
  readonly outcome: Committed | Error;
}

type Kind = 'open' | 'open_and_pay' | 'pay_in' | 'close';

/** A command that nobody has sent before. `cache`: which of the two caches answers. */
interface New {
  readonly kind: Kind;
  readonly account: number;
  readonly ifMatch: IfMatch;
  readonly cache: 0 | 1;
}
/** One that was sent before, as a client repeats it or uses its key for something else. */
interface Again {
  readonly kind: 'repeat' | 'key_used_twice';
  readonly of: number;
  readonly cache: 0 | 1;
}
type Sending = New | Again;
type IfMatch = 'none' | 'newest_told' | 'the_one_before';

export interface Round {
  readonly sendings: readonly Sending[];
  /** The first one is sent three times at once. */
  readonly tripled: boolean;
  /** Strikes when some bytes are on the wire: cuts the connection or kills the store, with or without its answers. */
  readonly fault: { readonly losesAnswers: boolean; readonly kills: boolean; readonly afterBytes: number } | undefined;
}

const cache = fc.constantFrom<0 | 1>(0, 1);
const ifMatch = weighted<IfMatch>([8, 'none'], [1, 'newest_told'], [1, 'the_one_before']);
const sending: fc.Arbitrary<Sending> = fc.oneof(
  {
    weight: 68,
    arbitrary: fc.record({
      kind: weighted<Kind>([8, 'open'], [7, 'open_and_pay'], [83, 'pay_in'], [2, 'close']),
      account: fc.nat(3),
      ifMatch,
      cache,
    }),
  },
  { weight: 25, arbitrary: fc.record({ kind: fc.constant('repeat' as const), of: fc.nat(), cache }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('key_used_twice' as const), of: fc.nat(), cache }) },
);
const fault = fc.record({
  losesAnswers: fc.boolean(),
  kills: weighted([3, false], [1, true]),
  afterBytes: fc.nat(3_000),
});

/** Rounds of commands that are sent at once, as clients send them, and what breaks meanwhile. */
export const rounds: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    sendings: fc.array(sending, { minLength: 1, maxLength: 6, size: 'max' }),
    tripled: weighted([7, false], [3, true]),
    fault: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fault }),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

function weighted<Value>(...choices: readonly (readonly [number, Value])[]): fc.Arbitrary<Value> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
}

/** Makes the commands of a history; those that were sent before are found by their number. */
export class HistoryCommands {
  private readonly sent: AccountCommand[] = [];

  constructor(
    private readonly accounts: readonly string[],
    private readonly revisionOf: (account: string) => number,
  ) {}

  of(planned: Sending): AccountCommand {
    if ('of' in planned) {
      const earlier = this.sent[planned.of % Math.max(1, this.sent.length)];
      if (!earlier) return this.of({ kind: 'open', account: 0, ifMatch: 'none', cache: planned.cache });
      if (planned.kind === 'repeat') return again(earlier, { occurredAt: '2026-01-05T09:01:00.000Z' });
      return again(earlier, { fingerprint: 'of another request' });
    }
    const account = this.accounts[planned.account % this.accounts.length]!;
    const told = this.revisionOf(account);
    const context = testContext({
      commandId: freshId(),
      fingerprint: 'of the request',
      ...(planned.ifMatch === 'newest_told' && { expectedRevision: told }),
      ...(planned.ifMatch === 'the_one_before' && { expectedRevision: told - 1 }),
    });
    const command = fresh(planned.kind, account, this.sent.length, context);
    this.sent.push(command);
    return command;
  }
}

function fresh(kind: Kind, account: string, number: number, context: CommandContext): AccountCommand {
  switch (kind) {
    case 'open':
      return new OpenAccount(account, { owner: 'Sato' }, context);
    case 'open_and_pay':
      return new OpenAccount(account, { owner: 'Sato', payIn: 3 }, context);
    case 'pay_in':
      return new PayIn(account, { amount: 1 + (number % 9) }, context);
    case 'close':
      return new CloseAccount(account, {}, context);
    default:
      return unreachable(kind);
  }
}

function again(command: AccountCommand, changed: Partial<CommandContext>): AccountCommand {
  return Object.assign(Object.create(command) as AccountCommand, { context: { ...command.context, ...changed } });
}

export function isUndecided(outcome: Answer['outcome']): boolean {
  return outcome instanceof EventStoreUnavailable || outcome instanceof TooMuchContention;
}

/** What is wrong with one account: its answers, in any order, against its events. */
export function complaints(answers: readonly Answer[], events: readonly RecordedEvent[]): string[] {
  const found = answers.flatMap((answer) => {
    const wrong = complaint(answer, events);
    return wrong === undefined ? [] : [`${answer.command.type} ${answer.command.context.commandId}: ${wrong}`];
  });
  const acknowledged = new Map<string, AccountCommand>();
  for (const { command, outcome } of answers) {
    if (!(outcome instanceof Error)) acknowledged.set(command.context.commandId, command);
  }
  for (const { metadata } of events) {
    if (!acknowledged.has(metadata.commandId)) found.push(`${metadata.commandId} is in the log, and nobody was told`);
  }
  return found;
}

function complaint({ command, toldBefore, outcome }: Answer, events: readonly RecordedEvent[]): string | undefined {
  const { commandId, fingerprint, expectedRevision } = command.context;
  const own = events.filter(({ metadata }) => metadata.commandId === commandId);
  const last = own.at(-1);
  if (isUndecided(outcome)) return undefined;

  if (!(outcome instanceof Error)) {
    if (last && outcome.revision >= own[0]!.revision) {
      if (own.length !== eventsOf(command)) return `it is ${own.length} times in the log`;
      if (last.metadata.fingerprint !== fingerprint) return 'it answered for another request';
      return outcome.revision === last.revision && outcome.position === last.position
        ? undefined
        : `it answered revision ${outcome.revision}, and ${last.revision} is right`;
    }
    if (outcome.revision < toldBefore) return `it answered revision ${outcome.revision} after ${toldBefore}`;
    if (outcome.position !== (events[outcome.revision]?.position ?? -1n)) return 'it answered a position of nothing';
    const status = statusAt(events, outcome.revision);
    const nothingToDo =
      (command.type === 'open' && status !== 'none') || (command.type === 'close' && status !== 'open');
    return nothingToDo ? undefined : 'it was acknowledged and is not in the log';
  }
  if (outcome instanceof CommandIdReused) {
    return last && last.metadata.fingerprint !== fingerprint ? undefined : 'its id was not used before';
  }
  if (outcome instanceof RevisionMismatch) {
    const real = outcome.actual !== expectedRevision && outcome.actual >= toldBefore && outcome.actual < events.length;
    return real ? undefined : `revision ${outcome.actual} is no reason to turn it down`;
  }
  if (outcome instanceof CommandRefused) {
    const revisions = Array.from({ length: events.length - toldBefore }, (_, n) => toldBefore + n);
    const possible = command.type === 'pay_in' && revisions.some((at) => statusAt(events, at) !== 'open');
    return possible ? undefined : 'no state since it was sent refuses it';
  }
  return `it failed with ${String(outcome)}`;
}

function eventsOf(command: AccountCommand): number {
  return command.type === 'open' && command.data.payIn !== undefined ? 2 : 1;
}

function statusAt(events: readonly RecordedEvent[], revision: number): 'none' | 'open' | 'closed' {
  const types = events.slice(0, revision + 1).map(({ type }) => type);
  if (types.includes('account.closed')) return 'closed';
  return types.includes('account.opened') ? 'open' : 'none';
}

/** The balance that the answers add up to: each payment that was acknowledged with an effect, once. */
export function balanceOf(answers: readonly Answer[], events: readonly RecordedEvent[]): number {
  const stored = new Set(events.map(({ metadata }) => metadata.commandId));
  const payments = new Map<string, number>();
  for (const { command, outcome } of answers) {
    const { commandId } = command.context;
    if (outcome instanceof Error || !stored.has(commandId)) continue;
    if (command.type === 'pay_in') payments.set(commandId, command.data.amount);
    if (command.type === 'open') payments.set(commandId, command.data.payIn ?? 0);
  }
  return [...payments.values()].reduce((sum, amount) => sum + amount, 0);
}
