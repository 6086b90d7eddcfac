/** The Postgres database of one context, as a Nest module: the same few lines for all of them. */
import { type DynamicModule, Inject, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { ClientBase, Pool } from 'pg';
import { DataSource, type DataSourceOptions, type MigrationInterface } from 'typeorm';
import { StartError } from '#libs/http/src/bootstrap.js';
import { readEnv, url } from '#libs/http/src/env.js';
import { HealthRegistry } from '#libs/http/src/health.js';
import { breakSilentConnections } from './silent-server.js';

export interface ContextDatabaseOptions {
  /** The context's name, like `contract`: names the data source and the variable `CONTRACT_DATABASE_URL`. */
  readonly context: string;
  /** Read models and other tables; all of them can be injected with `@InjectRepository(Row, context)`. */
  readonly entities: readonly Type<object>[];
  /** For tables that are not derived from the log. They run at start, one process at a time. */
  readonly migrations?: readonly Type<MigrationInterface>[];
}

/** Connects at start and brings the tables up to date. `/ready` shows it as `<context>.database`. */
export function contextDatabase({ context, entities, migrations = [] }: ContextDatabaseOptions): DynamicModule {
  return {
    module: ContextDatabaseModule,
    imports: [
      TypeOrmModule.forRootAsync({
        name: context,
        useFactory: () => ({
          type: 'postgres',
          url: databaseUrl(context),
          applicationName: `keiyaku ${context}`,
          entities: [...entities],
          migrations: [...migrations],
          // A database that froze or vanished is an error soon, not a queue of callers that grows in memory.
          extra: { connectionTimeoutMillis: 3_000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 },
          retryAttempts: 3,
          retryDelay: 1_000,
        }),
        dataSourceFactory: async (options?: DataSourceOptions) => {
          if (!options) throw new Error(`The database of ${context} has no options.`);
          return migrated(await connected(options, context));
        },
      }),
      TypeOrmModule.forFeature([...entities], context),
    ],
    providers: [
      { provide: CONTEXT, useValue: context },
      { provide: DATABASE, useExisting: getDataSourceToken(context) },
    ],
    exports: [TypeOrmModule],
  };
}

const CONTEXT = Symbol('context');
const DATABASE = Symbol('database');

@Module({})
class ContextDatabaseModule implements OnModuleInit {
  constructor(
    @Inject(CONTEXT) private readonly context: string,
    @Inject(DATABASE) private readonly database: DataSource,
    private readonly health: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register(`${this.context}.database`, async () => {
      await this.database.query('select 1');
      return { ok: true };
    });
  }
}

function databaseUrl(context: string): string {
  const name = variableOf(context);
  const example = `postgres://keiyaku@127.0.0.1:5432/${context}`;
  return readEnv({ [name]: url({ example }) })[name] ?? '';
}

function variableOf(context: string): string {
  return `${context.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
}

/** @throws StartError when the database can't be used */
export async function connected(options: DataSourceOptions, context: string): Promise<DataSource> {
  try {
    const extra = { ...(options.extra as object | undefined), onConnect: hearErrors };
    const database = await new DataSource({ ...options, extra }).initialize();
    const { url: connectionString } = options as { url?: string };
    if (connectionString) breakSilentConnections(poolOf(database), { connectionString });
    return database;
  } catch (error) {
    // The driver's message names the host and the user; the password stands in neither.
    const reason = error instanceof Error ? ('code' in error && error.message === '' ? error.code : error.message) : '';
    throw new StartError(`The database of ${context} can't be used: ${String(reason)}. Check ${variableOf(context)}.`);
  }
}

function poolOf({ driver }: DataSource): Pool {
  return (driver as DataSource['driver'] & { readonly master: Pool }).master;
}

/**
 * Between the pool, which stops listening when it hands a connection out, and TypeORM, which listens a moment later,
 * nobody hears that the server is gone, and an error that nobody hears ends the process. Whoever uses the connection
 * next hears it from its query.
 */
function hearErrors(client: ClientBase): void {
  client.on('error', () => undefined);
}

/** Processes that start together wait for each other: TypeORM itself takes no lock. */
async function migrated(database: DataSource): Promise<DataSource> {
  const lock = database.createQueryRunner();
  try {
    await lock.query(`select pg_advisory_lock(hashtext('keiyaku migrations'))`);
    await database.runMigrations({ transaction: 'each' });
    await lock.query(`select pg_advisory_unlock(hashtext('keiyaku migrations'))`);
  } catch (error) {
    await lock.release();
    await database.destroy();
    throw error;
  }
  await lock.release();
  return database;
}
