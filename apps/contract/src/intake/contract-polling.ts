import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { failureReason } from '#libs/event-sourcing/src/failure-reason.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { fingerprint } from '#libs/http/src/command-context.js';
import { Clock } from '../clock.js';
import type { ContractCommand } from '../domain/contract-commands.js';
import { contractDecider } from '../domain/contract.decider.js';
import { externalIdOf, type Report } from '../reports/report.js';
import { reportCommand } from '../reports/report-command.js';
import { ReportReader } from '../reports/report-reader.js';
import { ContractDatabase, type SourceRow, UnusableSource } from './contract-database.js';
import { IntakeLoop } from './intake-loop.js';
import { type PollingSettings, pollingSettings } from './intake-settings.js';
import { IntakeTables, type KnownRow, type Mistake, type Outcome, type TakenRow } from './intake-tables.js';
import { inColumns, instantOf, mapped, type MappedRow } from './row-mapping.js';
import { mistakesOf } from './taking.js';

const rowsAtOnce = 8;
/** Rejected rows that are looked at again after a start, which may have brought another mapping or catalogue. */
const rejectedAgain = 1_000;

/** What a row says in our words, and what is noted of it. Made once: the note is a hash of all that it says. */
interface ReadRow {
  readonly content: MappedRow | Mistake;
  readonly now: TakenRow;
}

/**
 * Takes contracts from a table of another system, in the order of a column that grows with every change. Each content
 * of each row is taken once: what was taken stands in `intake_rows`, and its commands have ids of their own.
 */
@Injectable()
export class ContractPolling implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly settings = pollingSettings();
  private loop: IntakeLoop | undefined;

  constructor(
    private readonly commands: CommandBus,
    private readonly contexts: ContextRegistry,
    private readonly aggregates: Aggregates,
    private readonly reports: ReportReader,
    private readonly tables: IntakeTables,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const { settings } = this;
    if (!settings) return;
    const intake = intakeOf(settings);
    this.loop = new IntakeLoop({
      name: 'contract/polling',
      session: this.contexts.get('contract').session,
      begin: () => this.again(settings),
      work: (signal) => this.poll(settings, signal),
      failed: async (error) => {
        const problem = error instanceof UnusableSource ? error.message : failureReason(error);
        await this.tables.complain(intake, problem, this.clock.now());
      },
      pauseMs: settings.everyMs,
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }

  /** Another mapping or catalogue may take what was rejected. */
  private async again(settings: PollingSettings): Promise<void> {
    const intake = intakeOf(settings);
    const ids = await this.tables.rejected(intake, rejectedAgain);
    if (ids.length === 0) return;
    const database = await ContractDatabase.open(settings);
    try {
      const rows = (await database.byId(ids)).filter(({ cursor }) => cursor !== null);
      const position = await this.tables.position(intake);
      const known = await this.tables.known(intake, ids);
      const read = rows.map((row) => readRow(row, settings));
      const outcome = await this.take(read, known, position, settings);
      const gone = ids.filter((id) => !rows.some((row) => row.id === id));
      await this.tables.save(intake, { ...outcome, taken: [...outcome.taken, ...gone] }, this.clock.now());
    } finally {
      await database.close();
    }
  }

  private async poll(settings: PollingSettings, signal: AbortSignal): Promise<void> {
    const intake = intakeOf(settings);
    const database = await ContractDatabase.open(settings);
    try {
      let position = await this.tables.position(intake);
      for await (const page of database.since(position)) {
        if (signal.aborted) return;
        const known = await this.tables.known(
          intake,
          page.map(({ id }) => id),
        );
        const read = page.map((row) => readRow(row, settings));
        const changed = read.filter(({ now }) => !isKnown(now, known.get(now.rowId)));
        position = page.at(-1)?.reached ?? position;
        await this.tables.save(intake, await this.take(changed, known, position, settings), this.clock.now());
      }
      const rejected = (await database.withoutCursor()).map(({ id }) => {
        const detail = `Has no ${settings.cursorColumn}, so that its changes can't be found. Set it with every change.`;
        return { item: id, position: '', mistakes: [{ pointer: `/${settings.cursorColumn}`, detail }] };
      });
      await this.tables.save(intake, { position, rows: [], taken: [], rejected }, this.clock.now());
    } finally {
      await database.close();
    }
  }

  private async take(
    rows: readonly ReadRow[],
    known: ReadonlyMap<string, KnownRow>,
    position: string | null,
    settings: PollingSettings,
  ): Promise<Outcome> {
    const taken: TakenRow[] = [];
    const rejected: Outcome['rejected'][number][] = [];
    const left = rows.values();
    const worker = async (): Promise<void> => {
      for (const row of left) {
        const { now } = row;
        const before = known.get(now.rowId);
        const mistakes = await this.takeRow(row, before, settings);
        if (mistakes.length === 0) taken.push(takenAfter(before, now));
        else rejected.push({ item: now.rowId, position: now.cursor, mistakes });
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: rowsAtOnce }, worker));
    for (const worked of workers) if (worked.status === 'rejected') throw worked.reason;
    return { position, rows: taken, taken: taken.map(({ rowId }) => rowId), rejected };
  }

  /** Answers what is wrong with the row; nothing when it was taken. */
  private async takeRow(
    { content, now }: ReadRow,
    before: TakenRow | undefined,
    { source, mapping, cursorColumn }: PollingSettings,
  ): Promise<readonly Mistake[]> {
    if ('pointer' in content) return [content];
    const mistakes: Mistake[] = [];
    for (const body of bodiesOf(content)) {
      // A content that can't be taken keeps nobody from being suspended. Who has no contract comes whole, or not yet.
      if (mistakes.length > 0 && !(await this.hasContract(source, content))) break;
      try {
        const report = await this.reports.read(body, source);
        await this.commands.execute(this.command(report, now, before, source));
      } catch (error) {
        const found = inColumns(mistakesOf(error), mapping, cursorColumn);
        mistakes.push(...found.filter(({ pointer }) => !mistakes.some((mistake) => mistake.pointer === pointer)));
      }
    }
    return mistakes;
  }

  private async hasContract(source: string, { customer }: MappedRow): Promise<boolean> {
    const { status } = await this.aggregates.load(
      contractDecider,
      stableId('contract', source, String(customer['id'])),
    );
    return status !== 'none';
  }

  private command(
    report: Report,
    { rowId, cursor, digest }: TakenRow,
    before: TakenRow | undefined,
    source: string,
  ): ContractCommand {
    // What a row says again within one value of its cursor is another change than before.
    const after = before ? [before.digest] : [];
    const commandId = stableId('contract-polling', source, rowId, cursor, digest, report.type, ...after);
    const context: CommandContext = {
      commandId,
      actor: { id: `contract-polling:${source}`, role: 'SERVICE' },
      correlationId: stableId('contract-polling', source, rowId, cursor),
      occurredAt: this.clock.now().toISOString(),
    };
    const contractId = stableId('contract', source, externalIdOf(report));
    return reportCommand(contractId, report, { channel: 'polling', source, rowId, cursor }, context);
  }
}

function intakeOf({ source }: PollingSettings): string {
  return `polling:${source}`;
}

/** What a webhook of the same content would tell, in order. Who ended need not have been registered before. */
function bodiesOf({ status, customer, reason, changedAt }: MappedRow): object[] {
  const timestamp = instantOf(changedAt);
  const content = { type: 'customer.registered', timestamp, data: { customer } };
  const data = { customer: { id: customer['id'] }, ...(reason !== undefined && { reason }) };
  switch (status) {
    case undefined:
      return [content];
    case 'active':
      return [content, { type: 'customer.resumed', timestamp, data: { customer: { id: customer['id'] } } }];
    case 'suspended':
      return [content, { type: 'customer.suspended', timestamp, data }];
    case 'terminated':
    case 'cancelled':
      return [{ type: `customer.${status}`, timestamp, data }];
    default:
      return unreachable(status);
  }
}

function readRow({ id, cursor, row }: SourceRow, { mapping, cursorColumn }: PollingSettings): ReadRow {
  const content = mapped(row, mapping, cursorColumn);
  // Keyed: a plain hash of what is personal could be guessed.
  const digest = fingerprint('ROW', id, Buffer.from(JSON.stringify(content)));
  return { content, now: { rowId: id, cursor: cursor ?? '', digest } };
}

/** The digest leads to those before it, so that what is said for a third time differs from the first and the second. */
function takenAfter(before: TakenRow | undefined, now: TakenRow): TakenRow {
  return before ? { ...now, digest: `${now.digest} ${stableId('after', before.digest)}` } : now;
}

function isKnown(now: TakenRow, known: KnownRow | undefined): boolean {
  // Something else that it said since was rejected, and may have been taken in part.
  if (!known || known.rejected) return false;
  return now.cursor === known.cursor && now.digest === known.digest.split(' ')[0];
}
