import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { ReadModelBehind } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { ProblemError } from '#libs/http/src/problem.js';
import { CatchUp } from '../catch-up.js';
import { CreateCustomer } from '../domain/customer-commands.js';
import { customerDecider } from '../domain/customer.decider.js';
import { SalesPeople } from '../sales-people.js';
import { Alike, type Comparable, SeenRows } from './alike.js';
import { type ReadRow, readRow } from './import-rows.js';
import { type Batch, type Import, ImportStore, type ReportedRow } from './import-store.js';

/** Token of the worker's reconciler. */
export const IMPORT_SWEEP = Symbol('import sweep');
/** A file that came in wakes the worker; this is for what a crash left, and what another process has let go. */
export const sweepEveryMs = 15_000;
/** Customers that are written down at the same time. */
const atOnce = 32;

type GoodRow = Extract<ReadRow, { record: object }> & Comparable;

/**
 * Works off files batch by batch. After a crash it goes on with the batch that it had in hand: each row makes the same
 * command again, which finds its receipt.
 */
@Injectable()
export class ImportWorker {
  constructor(
    private readonly imports: ImportStore,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly alike: Alike,
    private readonly salesPeople: SalesPeople,
    private readonly catchUp: CatchUp,
  ) {}

  /** Works off every file that is waiting, except those that another process has in hand. */
  async workOff(signal: AbortSignal): Promise<void> {
    await this.imports.discardAbandoned();
    const tried: string[] = [];
    for (;;) {
      const waiting = await this.imports.nextUnfinished(tried);
      if (!waiting || signal.aborted) return;
      tried.push(waiting.id);
      await this.imports.alone(waiting.id, () => this.carryOut(waiting.id, signal));
    }
  }

  private async carryOut(id: string, signal: AbortSignal): Promise<void> {
    // Another process may have finished it between the look at what waits and the lock.
    const entry = await this.imports.find(id);
    if (!entry || entry.finishedAt !== null) return;
    const { dryRun } = entry;
    if (dryRun) await this.imports.beginAnew(id);
    // A dry run leaves no customers by which later rows could be found alike.
    let seen = new SeenRows();
    let batch = await this.imports.batchAfter(entry, -1);
    while (batch) {
      if (signal.aborted) return;
      await this.searchCatchesUp(signal);
      await this.imports.done(entry, batch.number, await this.takeIn(batch, entry, seen));
      if (!dryRun) seen = new SeenRows();
      batch = await this.imports.batchAfter(entry, batch.number);
    }
    await this.imports.finish(entry);
  }

  private async takeIn({ rows }: Batch, entry: Import, seen: SeenRows): Promise<readonly ReportedRow[]> {
    const readable = rows.map(readRow);
    const wrong = await this.wrongSalesPeople(readable);
    const read = readable.map((row) => withSalesPerson(row, wrong));
    const good = read.flatMap((row) => (row.errors ? [] : [{ ...row, customerId: customerIdOf(entry.id, row.row) }]));
    const customers = await this.alike.customersLike(good);
    const report: ReportedRow[] = read.flatMap(({ row, errors }) =>
      errors ? [{ row, outcome: 'invalid', customerId: null, looksLike: { customers: [], rows: [] }, errors }] : [],
    );
    const wanted: { readonly row: GoodRow; readonly looksLike: ReportedRow['looksLike'] }[] = [];
    for (const row of good) {
      const looksLike = { customers: customers.get(row.row) ?? [], rows: seen.add(row) };
      const alike = looksLike.customers.length + looksLike.rows.length > 0;
      const skipped = alike && entry.duplicates === 'skip' && !(await this.isThere(row.customerId, entry));
      if (skipped) report.push({ row: row.row, outcome: 'duplicate', customerId: null, looksLike, errors: [] });
      else wanted.push({ row, looksLike });
    }
    for (let start = 0; start < wanted.length; start += atOnce) {
      const chunk = wanted.slice(start, start + atOnce);
      if (!entry.dryRun)
        await Promise.all(chunk.map(({ row, looksLike }) => this.create(row, entry, looksLike.customers)));
      for (const { row, looksLike } of chunk) {
        const customerId = entry.dryRun ? null : row.customerId;
        report.push({ row: row.row, outcome: 'created', customerId, looksLike, errors: [] });
      }
    }
    return report;
  }

  /** What is wrong with the sales people whom rows name, by their ids. */
  private async wrongSalesPeople(rows: readonly ReadRow[]): Promise<ReadonlyMap<string, string>> {
    const named = new Set(rows.flatMap((row) => (row.errors ? [] : (row.assignedSalesId ?? []))));
    const wrong = new Map<string, string>();
    for (const id of named) {
      try {
        await this.salesPeople.demand(id);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        wrong.set(id, error.detail);
      }
    }
    return wrong;
  }

  /** Written down before a crash; by now it may have been found alike with what came after it. */
  private async isThere(customerId: string, { dryRun }: Import): Promise<boolean> {
    if (dryRun) return false;
    const { status } = await this.aggregates.load(customerDecider, customerId);
    return status !== 'none';
  }

  private async create(row: GoodRow, entry: Import, differsFrom: readonly string[]): Promise<void> {
    const { record, assignedSalesId, customerId } = row;
    const data = { record, assignedSalesId, importId: entry.id, ...(differsFrom.length > 0 && { differsFrom }) };
    await this.commands.execute(new CreateCustomer(customerId, data, contextOf(entry, row.row)));
  }

  /** What was written down until now is found when the next rows are compared. */
  private async searchCatchesUp(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.catchUp.search();
      } catch (error) {
        if (!(error instanceof ReadModelBehind) || signal.aborted) throw error;
      }
    }
  }
}

function withSalesPerson(row: ReadRow, wrong: ReadonlyMap<string, string>): ReadRow {
  const detail = row.errors || row.assignedSalesId === null ? undefined : wrong.get(row.assignedSalesId);
  return detail === undefined ? row : { row: row.row, errors: [{ column: 'assignedSalesId', detail }] };
}

function commandIdOf(importId: string, row: number): string {
  return stableId('customer import', importId, row);
}

export function customerIdOf(importId: string, row: number): string {
  return stableId('customer', commandIdOf(importId, row));
}

function contextOf({ id, requestedBy, requestedRole, correlationId }: Import, row: number): CommandContext {
  return {
    commandId: commandIdOf(id, row),
    actor: { id: requestedBy, role: requestedRole },
    correlationId,
    occurredAt: new Date().toISOString(),
  };
}
