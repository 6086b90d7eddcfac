import { EventStoreDBClient } from '@eventstore/db-client';
import { seeded } from '../faults/random.js';
import type { Attempt } from './check.js';
import { Churner } from './churn.js';
import { EventIds, Writer } from './writer.js';

const writersPerClient = 12;
const churnersPerClient = 4;

export class Load {
  readonly #writers: readonly (readonly Writer[])[];
  readonly #churners: readonly (readonly Churner[])[];

  constructor(clients: number, seed: number) {
    const each = <T>(count: number, make: (client: number, index: number) => T): T[][] =>
      Array.from({ length: clients }, (_, client) => Array.from({ length: count }, (_, index) => make(client, index)));
    let seeds = seed;
    this.#writers = each(writersPerClient, (client, index) => {
      return new Writer(`own-${client}-${index}`, new EventIds(client, index), seeded((seeds += 1)));
    });
    this.#churners = each(churnersPerClient, (client, index) => {
      return new Churner(`churn-${client}-${index}`, new EventIds(clients + client, index), seeded((seeds += 1)));
    });
  }

  get attempts(): readonly Attempt[] {
    return this.#all.flatMap(({ attempts }) => attempts);
  }

  /** How many writes the servers have answered so far. */
  get answers(): number {
    return this.#all.reduce((sum, { answers }) => sum + answers, 0);
  }

  get findings(): readonly string[] {
    return this.#all.flatMap(({ findings }) => findings);
  }

  /** By stream: what lies below this number may go when a scavenge comes. */
  get mayBeGone(): ReadonlyMap<string, number> {
    return new Map(this.#churners.flat().flatMap(({ mayBeGone }) => [...mayBeGone]));
  }

  get #all(): readonly (Writer | Churner)[] {
    return [...this.#writers.flat(), ...this.#churners.flat()];
  }

  /** Over one life of the server: each client has a connection of its own. Resolves once all have noticed the end. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#writers.map(async (writers, index) => {
        const client = EventStoreDBClient.connectionString(url);
        const working = [...writers, ...this.#churners[index]!];
        await Promise.all(working.map((each) => each.work(client, signal)));
        await client.dispose();
      }),
    );
  }
}
