/** Commands with personal values, on a real log and a real key database. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { erased } from '#libs/events/src/erased.js';
import type { EventOf, EventTable } from '#libs/events/src/event-table.js';
import { PostgresSubjectKeys } from '#libs/personal-data/src/postgres-subject-keys.js';
import { SubjectKeysUnavailable } from '#libs/personal-data/src/subject-keys.js';
import { type TestDatabase, createTestDatabase, setReachable } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testContext } from '#libs/testing/src/given.js';
import { Command } from './command.js';
import { CommandHandler } from './command-handler.js';
import { type Decider, unreachable } from './decider.js';
import { EventStoreUnavailable, SubjectErased, UnreadableEvent } from './errors.js';
import { EventSchemas } from './event-schemas.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { LogTail } from './log-tail.js';
import { PersonalData } from './personal-data.js';
import { StateCache } from './state-cache.js';

interface MemberEvents {
  'member.joined': { readonly memberId: string; readonly name: string };
  /** Repeats the name, as events do that everything needed to replay stands in. */
  'member.greeted': { readonly memberId: string; readonly name: string; readonly number: number };
}
type MemberEvent = EventOf<MemberEvents>;

const personal = { personal: ['name'], subject: { kind: 'user', id: 'memberId' } } as const;
const memberEvents: EventTable<MemberEvents> = {
  'member.joined': { version: 1, description: 'Somebody joined.', ...personal },
  'member.greeted': { version: 1, description: 'Somebody was greeted.', ...personal },
};
const schemas = new EventSchemas(memberEvents);

class Join extends Command<{ readonly name: string }> {
  override readonly type = 'join';
}
class Greet extends Command<Record<string, never>> {
  override readonly type = 'greet';
}

interface Member {
  readonly name?: string;
  readonly greetings: number;
}

const memberDecider: Decider<Member, Join | Greet, MemberEvent> = {
  category: 'member',
  initialState: { greetings: 0 },
  decide(command, { name = 'nobody', greetings }) {
    const memberId = command.target;
    switch (command.type) {
      case 'join':
        return [{ type: 'member.joined', data: { memberId, name: command.data.name } }];
      case 'greet':
        return [{ type: 'member.greeted', data: { memberId, name, number: greetings + 1 } }];
      default:
        return unreachable(command);
    }
  },
  evolve(member, event) {
    switch (event.type) {
      case 'member.joined':
        return { ...member, name: event.data.name };
      case 'member.greeted':
        return { ...member, greetings: member.greetings + 1 };
      default:
        return unreachable(event);
    }
  },
};

/** What one process has in memory. */
class SpecProcess {
  private constructor(
    readonly keys: PostgresSubjectKeys,
    readonly store: EventStore,
    readonly cache: StateCache,
    readonly handler: CommandHandler<Member, Join | Greet, MemberEvent>,
  ) {}

  static async start(eventStore: string, keyDatabase: string): Promise<SpecProcess> {
    const keys = await PostgresSubjectKeys.connect(keyDatabase, encryptionKey);
    const store = EventStore.connect(eventStore, new PersonalData(keys));
    const cache = new StateCache();
    return new SpecProcess(keys, store, cache, new CommandHandler(memberDecider, store, schemas, cache));
  }

  /** What the process does when the log says that a key was destroyed. */
  forget(): void {
    this.store.personal.forget();
    this.cache.clear();
  }

  join(id: string, name: string) {
    return this.handler.execute(new Join(id, { name }, testContext({ commandId: freshId() })));
  }

  greet(id: string) {
    return this.handler.execute(new Greet(id, {}, testContext({ commandId: freshId() })));
  }

  async names(id: string): Promise<unknown[]> {
    const names = [];
    for await (const { data } of this.store.readStream(`member-${id}`)) names.push((data as { name: string }).name);
    return names;
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.keys.close();
  }
}

const encryptionKey = randomBytes(32);
let server: EventStoreServer;
let database: TestDatabase;
let first: SpecProcess;
let second: SpecProcess;
let id: string;

beforeAll(async () => {
  [server, database] = await Promise.all([startEventStoreServer(), createTestDatabase('personal_keys')]);
});

beforeEach(async () => {
  [first, second] = await Promise.all([
    SpecProcess.start(server.url, database.url),
    SpecProcess.start(server.url, database.url),
  ]);
  id = freshId();
});

afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

afterAll(async () => {
  await server.stop();
  await database.drop();
});

async function keyRows(): Promise<{ sealed_key: string }[]> {
  const sql = new Client(database.url);
  await sql.connect();
  try {
    const text = 'select sealed_key from subject_keys where subject = $1';
    return (await sql.query<{ sealed_key: string }>(text, [`user:${id}`])).rows;
  } finally {
    await sql.end();
  }
}

async function rawStream(): Promise<string> {
  const raw = EventStore.connect(server.url);
  const events = [];
  for await (const { data, metadata } of raw.readStream(`member-${id}`)) events.push({ data, metadata });
  await raw.close();
  return JSON.stringify(events);
}

describe('a command with personal values', () => {
  it('leaves nothing of them in the log that can be read without keys; another process reads them', async () => {
    await first.join(id, 'Sato 佐藤');
    await first.greet(id);
    expect(await second.names(id)).toEqual(['Sato 佐藤', 'Sato 佐藤']);
    const raw = await rawStream();
    expect(raw).not.toContain('Sato');
    expect(raw).not.toContain('佐藤');
  });

  it('is decided on what another process stored', async () => {
    await first.join(id, 'Sato');
    await Promise.all(Array.from({ length: 6 }, (_, turn) => (turn % 2 === 0 ? first : second).greet(id)));
    expect(await first.names(id)).toEqual(Array.from({ length: 7 }, () => 'Sato'));
  });

  it('has its key before its events: an append that never came leaves a key that is unused', async () => {
    const gone = await startEventStoreServer();
    const cutOff = await SpecProcess.start(gone.url, database.url);
    await gone.stop();
    await expect(cutOff.join(id, 'Sato')).rejects.toThrow(EventStoreUnavailable);
    await cutOff.close();
    const made = await keyRows();
    expect(made).toHaveLength(1);
    await first.join(id, 'Sato');
    expect(await second.names(id)).toEqual(['Sato']);
    expect(await keyRows()).toEqual(made);
  });
});

describe('a subject that was erased', () => {
  it('has markers in place of its values, once caches are dropped', async () => {
    await first.join(id, 'Sato');
    await first.greet(id);
    await first.keys.destroy(`user:${id}`);
    first.forget();
    expect(await first.names(id)).toEqual([erased, erased]);
  });

  it('is refused new values, and nothing is stored', async () => {
    await first.join(id, 'Sato');
    await first.keys.destroy(`user:${id}`);
    first.forget();
    await expect(first.join(id, 'Sato again')).rejects.toThrow(SubjectErased);
    await expect(second.join(id, 'Sato again')).rejects.toThrow(SubjectErased);
    expect(await first.names(id)).toEqual([erased]);
  });

  it('goes on with the marker, also where a process still had it in memory', async () => {
    await first.join(id, 'Sato');
    await first.greet(id);
    expect(first.cache.size).toBe(1);
    await first.keys.destroy(`user:${id}`);
    // The key is gone from memory and the state is not, as when the log is a moment behind.
    first.store.personal.forget();
    expect(await first.greet(id)).toMatchObject({ revision: 2 });
    expect(await first.names(id)).toEqual([erased, erased, erased]);
    expect(await rawStream()).toContain(`"name":"${erased}"`);
  });

  it('is not kept in memory by a command that was on its way when the caches were dropped', async () => {
    await first.join(id, 'Sato');
    const onItsWay = first.greet(id);
    first.cache.clear();
    await onItsWay;
    expect(first.cache.size).toBe(0);
  });
});

describe('while the key database is away', () => {
  it('commands fail as in an outage, store nothing, and go on when it is back', async () => {
    await first.join(id, 'Sato');
    const newcomer = freshId();
    await setReachable(database.url, false);
    try {
      await expect(second.greet(id)).rejects.toThrow(SubjectKeysUnavailable);
      await expect(second.join(newcomer, 'Suzuki')).rejects.toThrow(SubjectKeysUnavailable);
      // A key that is in memory is enough for what needs no other one.
      expect(await first.greet(id)).toMatchObject({ revision: 1 });
    } finally {
      await setReachable(database.url, true);
    }
    expect(await second.greet(id)).toMatchObject({ revision: 2 });
    expect(await second.join(newcomer, 'Suzuki')).toMatchObject({ revision: 0 });
  });
});

describe('whoever follows the log', () => {
  it('gets values that are open, in batches, and hears of an event that can not be opened in its turn', async () => {
    const head = await first.store.head();
    await first.join(id, 'Sato');
    await first.greet(id);
    const { position } = await first.greet(id);
    // Sealed for another stream: nobody can have written it there.
    const [stored] = (await first.store.readLog(head, 1)).flatMap(({ event }) => event ?? []);
    const { type, data, metadata } = stored!;
    await first.store.append(`member-${freshId()}`, [{ id: freshId(), type, data, metadata }], -1);

    const tail = new LogTail(second.store);
    const cursor = tail.open(head, (each) => each.startsWith('member.'));
    const signal = AbortSignal.timeout(10_000);
    const seen: unknown[] = [];
    const follow = async (): Promise<never> => {
      for (;;) {
        const batch = await cursor.take(100, signal);
        if (!batch) throw new Error('The log did not go on.');
        seen.push(...batch.events.map((event) => (event.data as { name: string }).name));
        cursor.advance(batch.position);
      }
    };
    await expect(follow()).rejects.toThrow(UnreadableEvent);
    expect(seen).toEqual(['Sato', 'Sato', 'Sato']);
    expect(cursor.position).toBe(position);
    cursor.close();
    await tail.close();
  });
});
