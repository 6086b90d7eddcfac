/** One context with policies of a spec's own, on real stores that outlive the application. */
import { Logger, type Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Client, type QueryResultRow } from 'pg';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testContext } from '#libs/testing/src/given.js';
import { aggregate } from './context-runtime.js';
import { EventSourcingModule, startPolicies } from './event-sourcing.module.js';
import { freshId } from './ids.js';
import type { Projection } from './projection.js';
import { CloseAccount, OpenAccount, PayIn, accountDecider, accountSchemas } from './spec-account.js';

export class PolicyStores {
  private constructor(
    readonly server: EventStoreServer,
    readonly database: TestDatabase,
    readonly sql: Client,
  ) {}

  static async start(): Promise<PolicyStores> {
    const server = await startEventStoreServer();
    const database = await createTestDatabase('kernel');
    const sql = new Client(database.url);
    await sql.connect();
    return new PolicyStores(server, database, sql);
  }

  async stop(): Promise<void> {
    await this.sql.end();
    await this.server.stop();
    await this.database.drop();
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.sql.query<Row>(text, values)).rows;
  }

  /** The position that the policy's checkpoint has, 0 before there is one. */
  async checkpoint(policy: string): Promise<number> {
    const [row] = await this.query<{ position: string }>(
      'select position from consumer_checkpoints where consumer = $1',
      [policy],
    );
    return Number(row?.position ?? 0);
  }
}

/** Starts the context `bank` with its policies; close the answer as a process that stops. */
export async function startPolicyApp(
  { server, database }: Pick<PolicyStores, 'server' | 'database'>,
  policies: readonly Type[],
  projections: readonly Projection[] = [],
  schemas = accountSchemas,
): Promise<NestFastifyApplication> {
  Logger.overrideLogger(false);
  const bank = EventSourcingModule.forContext({
    context: 'bank',
    aggregates: [aggregate(accountDecider, [OpenAccount, PayIn, CloseAccount])],
    projections,
  });
  const entities = projections.map(({ entity }) => entity);
  const testing = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({ name: 'bank', type: 'postgres', url: database.url, entities }),
      EventSourcingModule.forRoot({ eventStoreUrl: server.url, schemas }),
      bank,
    ],
    controllers: [...policies],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await startPolicies(app);
  return app;
}

/** Opens an account and pays in each amount, one after the other; answers the account's id. */
export async function openAccount(
  app: NestFastifyApplication,
  owner: string,
  amounts: readonly number[] = [],
): Promise<string> {
  const id = freshId();
  const bus = app.get(CommandBus);
  await bus.execute(new OpenAccount(id, { owner }, testContext({ commandId: freshId() })));
  await payIn(app, id, amounts);
  return id;
}

export async function payIn(app: NestFastifyApplication, id: string, amounts: readonly number[]): Promise<void> {
  const bus = app.get(CommandBus);
  for (const amount of amounts) await bus.execute(new PayIn(id, { amount }, testContext({ commandId: freshId() })));
}
