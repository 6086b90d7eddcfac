import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { failureReason } from '#libs/event-sourcing/src/failure-reason.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { StreamEntry } from '#libs/event-sourcing/src/log-entry.js';
import { fingerprint } from '#libs/http/src/command-context.js';
import { Clock } from '../clock.js';
import { externalIdOf, type Report } from '../reports/report.js';
import { reportCommand } from '../reports/report-command.js';
import { ReportReader } from '../reports/report-reader.js';
import { IntakeLoop } from './intake-loop.js';
import { type InboxSettings, inboxSettings } from './intake-settings.js';
import { IntakeTables, type Mistake, type Outcome } from './intake-tables.js';
import { mistakesOf } from './taking.js';

/** Before the subscription is opened again. */
const pauseMs = 1_000;
const readsAtOnce = 8;
/** Rejected events that are looked at again after a start, which may have brought another catalogue. */
const rejectedAgain = 1_000;

/**
 * Takes contracts from a stream of the event store to which other systems append. Each event is taken once: the
 * number of the newest one that was taken stands in Postgres, and its command has an id of its own.
 */
@Injectable()
export class ContractInbox implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly settings = inboxSettings();
  private loop: IntakeLoop | undefined;

  constructor(
    private readonly commands: CommandBus,
    private readonly contexts: ContextRegistry,
    private readonly store: EventStore,
    private readonly reports: ReportReader,
    private readonly tables: IntakeTables,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const { settings } = this;
    if (!settings) return;
    this.loop = new IntakeLoop({
      name: 'contract/inbox',
      session: this.contexts.get('contract').session,
      begin: () => this.again(settings),
      work: (signal) => this.follow(settings, signal),
      failed: (error) => this.tables.complain(intakeOf(settings), failureReason(error), this.clock.now()),
      pauseMs,
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }

  /** Another catalogue may take what was rejected. */
  private async again(settings: InboxSettings): Promise<void> {
    const intake = intakeOf(settings);
    const revisions = await this.tables.rejected(intake, rejectedAgain);
    if (revisions.length === 0) return;
    const read: (StreamEntry | undefined)[] = [];
    for (let first = 0; first < revisions.length; first += readsAtOnce) {
      const group = revisions.slice(first, first + readsAtOnce);
      const entry = (revision: string) => this.store.entryOf(settings.stream, BigInt(revision));
      read.push(...(await Promise.all(group.map(entry))));
    }
    const entries = read.filter((entry) => entry !== undefined);
    const position = await this.tables.position(intake);
    const gone = revisions.filter((_, index) => read[index] === undefined);
    const outcome = await this.take(entries, position, settings);
    await this.tables.save(intake, { ...outcome, taken: [...outcome.taken, ...gone] }, this.clock.now());
  }

  private async follow(settings: InboxSettings, signal: AbortSignal): Promise<void> {
    const intake = intakeOf(settings);
    const position = await this.tables.position(intake);
    // Says that the inbox is followed, also while nothing comes.
    await this.tables.save(intake, { position, rows: [], taken: [], rejected: [] }, this.clock.now());
    const after = position === null ? undefined : BigInt(position);
    for await (const entries of this.store.followStream(settings.stream, after, signal)) {
      const newest = entries.at(-1);
      if (!newest) continue;
      const outcome = await this.take(entries, String(newest.revision), settings);
      await this.tables.save(intake, outcome, this.clock.now());
    }
  }

  private async take(
    entries: readonly StreamEntry[],
    position: string | null,
    settings: InboxSettings,
  ): Promise<Outcome> {
    const taken: string[] = [];
    const rejected: Outcome['rejected'][number][] = [];
    for (const entry of entries) {
      const item = String(entry.revision);
      const mistakes = await this.takeEvent(entry, settings);
      if (mistakes.length === 0) taken.push(item);
      else rejected.push({ item, position: item, mistakes });
    }
    return { position, rows: [], taken, rejected };
  }

  /** Answers what is wrong with the event; nothing when it was taken. */
  private async takeEvent({ json }: StreamEntry, settings: InboxSettings): Promise<readonly Mistake[]> {
    if (json === undefined) return [{ pointer: '', detail: 'Is no JSON. Append it as a JSON event.' }];
    const envelope = (typeof json === 'object' ? json : {}) as Readonly<Record<string, unknown>>;
    const { eventId, eventType, timestamp, data } = envelope;
    if (typeof eventId !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(eventId)) {
      return [
        { pointer: '/eventId', detail: 'Must be 1 to 200 visible ASCII characters, the same in every repetition.' },
      ];
    }
    try {
      const report = await this.reports.read({ type: eventType, timestamp, data }, settings.source);
      await this.commands.execute(this.command(report, eventId, settings));
      return [];
    } catch (error) {
      return mistakesOf(error).map((mistake) => ({
        ...mistake,
        pointer: mistake.pointer.replace(/^\/type$/, '/eventType'),
      }));
    }
  }

  private command(report: Report, eventId: string, { source }: InboxSettings) {
    const commandId = stableId('contract-inbox', source, eventId);
    const context: CommandContext = {
      commandId,
      fingerprint: fingerprint('INBOX', eventId, Buffer.from(JSON.stringify(report))),
      actor: { id: `contract-inbox:${source}`, role: 'SERVICE' },
      correlationId: commandId,
      occurredAt: this.clock.now().toISOString(),
    };
    const contractId = stableId('contract', source, externalIdOf(report));
    return reportCommand(contractId, report, { channel: 'inbox', source, eventId }, context);
  }
}

function intakeOf({ source }: InboxSettings): string {
  return `inbox:${source}`;
}
