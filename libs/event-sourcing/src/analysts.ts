import type { Logger } from '@nestjs/common';
import { escapeIdentifier } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { locked } from './checkpoints.js';
import type { Projection } from './projection.js';
import { describeView } from './read-model-view.js';

const connectionLimit = 10;
/** Guards against accidents. Whoever is logged in can set them otherwise; what they may do does not depend on them. */
const settings = {
  default_transaction_read_only: 'on',
  // A query holds up the switch of a rebuild.
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '30s',
};
const insufficientPrivilege = '42501';

/** The role that reads the read models of a database, and nothing else. */
export function analystRole(database: string): string {
  return `${database}_analyst`;
}

/**
 * Lets the analysts' role of this database read the views of the read models. Makes the role (it can log in once it
 * has a password), where this program may; otherwise a line in the log says what an administrator has to do.
 */
export async function admitAnalysts(
  database: DataSource,
  projections: readonly Projection[],
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  if (projections.length === 0) return;
  await locked(database, async (manager) => {
    const [found] = await manager.query<{ name: string; schema: string }[]>(
      'select current_database() as name, current_schema() as schema',
    );
    if (!found) throw new Error('Postgres did not say which database this is.');
    const [name, schema] = [escapeIdentifier(found.name), escapeIdentifier(found.schema)];
    const role = escapeIdentifier(analystRole(found.name));
    const mayNot = (statement: string): void =>
      logger.warn(
        `Analysts of the database ${found.name}: this program may not set up their role. ` +
          `Let an administrator run "${statement}", then start again.`,
      );

    if (!(await roleExists(analystRole(found.name), manager))) {
      const create = `create role ${role} login connection limit ${connectionLimit}`;
      if (!(await permitted(create, manager))) return mayNot(create);
    }
    for (const setting of await missingSettings(analystRole(found.name), manager)) {
      const alter = `alter role ${role} in database ${name} set ${setting}`;
      if (!(await permitted(alter, manager))) mayNot(alter);
    }
    await manager.query(`grant connect on database ${name} to ${role}`);
    await manager.query(`grant usage on schema ${schema} to ${role}`);
    for (const { entity } of projections) {
      const metadata = database.getMetadata(entity);
      await manager.query(`grant select on ${escapeIdentifier(metadata.tableName)} to ${role}`);
      await describeView(metadata, manager);
    }
  });
}

async function roleExists(role: string, manager: EntityManager): Promise<boolean> {
  const rows = await manager.query<unknown[]>('select from pg_roles where rolname = $1', [role]);
  return rows.length > 0;
}

/** As `name = value`, those that the role does not have in this database, with whatever value. */
async function missingSettings(role: string, manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ setting: string }[]>(
    `select unnest(setconfig) as setting from pg_db_role_setting
     where setrole = (select oid from pg_roles where rolname = $1)
       and setdatabase = (select oid from pg_database where datname = current_database())`,
    [role],
  );
  const there = new Set(rows.map(({ setting }) => setting.split('=')[0]));
  return Object.entries(settings).flatMap(([name, value]) => (there.has(name) ? [] : [`${name} = '${value}'`]));
}

/** False when this program may not; the transaction goes on. */
async function permitted(statement: string, manager: EntityManager): Promise<boolean> {
  try {
    await manager.transaction((nested) => nested.query(statement));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === insufficientPrivilege) return false;
    throw error;
  }
}
