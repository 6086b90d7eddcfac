import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type FindOptionsOrder, type FindOptionsWhere, MoreThan, type ObjectLiteral } from 'typeorm';
import type { Command } from './command.js';
import { ContextRegistry } from './context-registry.js';
import { CommandRefused } from './errors.js';
import { FanOutPlace, type RefusedTarget } from './fan-out-place.js';
import type { PolicyContext } from './policy.js';
import type { Projection } from './projection.js';

const pageSize = 200;
/** Commands of one fan-out that are on their way at the same time. */
const atOnce = 8;

type CommandOf<Row> = (row: Row) => Command | undefined | Promise<Command | undefined>;

export interface FanOutOptions<Row extends ObjectLiteral> {
  /** A read model of the policy's own context; each of its rows may be a target. */
  readonly over: Projection<Row>;
  /** Picks rows by their columns. */
  readonly where?: FindOptionsWhere<Row>;
  /**
   * What is sent because of a row, with `context.command(target)` as its context. Undefined sends nothing. It is asked
   * more than once about a row, so it only answers.
   */
  readonly command: CommandOf<Row>;
}

/** Lets a policy answer one event with a command to each of many targets, however many they are. */
@Injectable()
export class FanOut {
  constructor(
    private readonly contexts: ContextRegistry,
    private readonly commands: CommandBus,
  ) {}

  /**
   * Sends a command for every row that the read model has once it has passed the policy's event, in the order of the
   * rows' keys. Rows are read in pages while it goes on, so one that is added or changed meanwhile may or may not
   * count. The place is kept in the context's database: after a crash, or when the event is delivered again for
   * another reason, it goes on there; what had been sent beyond it is the same command again. Refused commands are
   * recorded and passed, like those of every policy; any other error ends it, and the next delivery goes on. Where
   * there is nobody to reach, nothing is written.
   * @throws ReadModelBehind when the read model has not passed the event in time: the policy waits and tries again
   */
  async run<Row extends ObjectLiteral>(
    context: PolicyContext,
    { over, where, command }: FanOutOptions<Row>,
  ): Promise<void> {
    const { policy, event, signal } = context;
    const { database } = this.contexts.get(policy.split('/')[0] ?? '');
    const repository = database.getRepository(over.entity);
    const key = repository.metadata.primaryColumns[0]?.propertyName;
    if (key === undefined || (where && key in where)) {
      throw new Error(`A fan-out goes over ${over.name} by its primary column, and picks rows by the others.`);
    }
    const page = (after: string | null): Promise<Row[]> =>
      repository.find({
        where: { ...where, ...(after !== null && { [key]: MoreThan(after) }) } as FindOptionsWhere<Row>,
        order: { [key]: 'ASC' } as FindOptionsOrder<Row>,
        take: pageSize,
      });
    const saved = new FanOutPlace(context, over.name, database);
    const before = await saved.find();
    if (before === 'finished') return;
    // From here on every row is there that the event's past has made.
    await this.contexts.readModels.awaitPosition(over.name, event.position);

    let { place } = saved;
    let rows = await page(place);
    if (before === 'none') {
      if (rows.length < pageSize && !(await any(rows, command))) return;
      await saved.begin();
    }
    for (;;) {
      const { done, sent, refused, failure } = await this.send(rows, command, signal);
      const last = rows[done - 1];
      place = last ? String(last[key]) : place;
      const finished = !failure && rows.length < pageSize;
      if (done > 0 || finished) await saved.save({ place, sent, refused, finished });
      if (failure) throw failure.error;
      if (finished) return;
      rows = await page(place);
    }
  }

  /** Sends the commands of one page, as far as it gets. */
  private async send<Row>(rows: readonly Row[], command: CommandOf<Row>, signal: AbortSignal) {
    const refused: RefusedTarget[] = [];
    let [done, sent] = [0, 0];
    try {
      while (done < rows.length) {
        signal.throwIfAborted();
        const commands = await Promise.all(rows.slice(done, done + atOnce).map(async (row) => command(row)));
        // Nothing is left on its way when one of them fails.
        const outcomes = await Promise.allSettled(commands.map((each) => this.sendOne(each)));
        const failed = outcomes.find((outcome) => outcome.status === 'rejected');
        if (failed) throw failed.reason;
        for (const outcome of outcomes)
          if (outcome.status === 'fulfilled' && outcome.value) refused.push(outcome.value);
        sent += commands.filter((each) => each !== undefined).length;
        done += commands.length;
      }
      return { done, sent, refused };
    } catch (error) {
      return { done, sent, refused, failure: { error } };
    }
  }

  /** Answers what was refused. */
  private async sendOne(command: Command | undefined): Promise<RefusedTarget | undefined> {
    if (!command) return undefined;
    try {
      await this.commands.execute(command);
      return undefined;
    } catch (error) {
      if (error instanceof CommandRefused) return { target: command.target, refusal: error.refusal };
      throw error;
    }
  }
}

async function any<Row>(rows: readonly Row[], command: CommandOf<Row>): Promise<boolean> {
  for (const row of rows) if (await command(row)) return true;
  return false;
}
