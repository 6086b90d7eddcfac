/** Random histories of account commands, and a judge that holds what was answered against what the log holds. */
import { testContext } from '#libs/testing/src/given.js';
import type { CommandContext, Committed } from './command.js';
import {
  CommandIdReused,
  CommandRefused,
  EventStoreUnavailable,
  RevisionMismatch,
  TooMuchContention,
} from './errors.js';
import type { RecordedEvent } from './event.js';
import { stableId } from './ids.js';
import { CloseAccount, OpenAccount, PayIn } from './spec-account.js';

export type AccountCommand = OpenAccount | PayIn | CloseAccount;

export interface Answer {
  readonly command: AccountCommand;
  /** Highest revision of the account that anybody was told before this command was sent. */
  readonly toldBefore: number;
  readonly outcome: Committed | Error;
}

/** Mulberry32: numbers from 0 to 1, the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Commands as clients send them: new ones, repeats, keys that are used twice, and If-Match right or wrong. */
export class RandomCommands {
  private readonly sent: AccountCommand[] = [];

  constructor(
    private readonly seed: number,
    private readonly random: () => number,
    private readonly accounts: readonly string[],
    private readonly revisionOf: (account: string) => number,
  ) {}

  next(): AccountCommand {
    const earlier = this.sent[Math.floor(this.random() * this.sent.length)];
    const roll = this.random();
    if (earlier && roll < 0.25) return again(earlier, { occurredAt: '2026-01-05T09:01:00.000Z' });
    if (earlier && roll < 0.32) return again(earlier, { fingerprint: 'of another request' });
    const command = this.fresh();
    this.sent.push(command);
    return command;
  }

  private fresh(): AccountCommand {
    const account = this.accounts[Math.floor(this.random() * this.accounts.length)]!;
    const ifMatch = this.random() < 0.2 && {
      expectedRevision: this.revisionOf(account) - (this.random() < 0.5 ? 1 : 0),
    };
    const commandId = stableId('history', this.seed, account, this.sent.length);
    const context = testContext({ commandId, fingerprint: 'of the request', ...ifMatch });
    const kind = this.random();
    if (kind < 0.15) return new OpenAccount(account, { owner: 'Sato', ...(kind < 0.07 && { payIn: 3 }) }, context);
    if (kind < 0.17) return new CloseAccount(account, {}, context);
    return new PayIn(account, { amount: 1 + Math.floor(this.random() * 9) }, context);
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
