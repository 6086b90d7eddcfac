import { escapeIdentifier, escapeLiteral } from 'pg';
import type { EntityManager, EntityMetadata } from 'typeorm';

interface Grant {
  readonly grantee: string;
  readonly privilege: string;
}

/**
 * Lets readers find a table under the read model's name from the end of the transaction on. The view is made anew,
 * since one of an older version may have other columns; whoever might read it may read the new one.
 */
export async function pointView(metadata: EntityMetadata, table: string, manager: EntityManager): Promise<void> {
  const view = escapeIdentifier(metadata.tableName);
  const grants = await manager.query<Grant[]>(
    `select case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee,
            privilege_type as privilege
     from pg_class, aclexplode(relacl) where pg_class.oid = to_regclass($1) and grantee <> relowner`,
    [view],
  );
  await manager.query(`drop view if exists ${view}`);
  await manager.query(`create view ${view} as select * from ${escapeIdentifier(table)}`);
  for (const { grantee, privilege } of grants) await manager.query(`grant ${privilege} on ${view} to ${grantee}`);
  await describeView(metadata, manager);
}

/**
 * Puts what the entity says about itself and its columns where database tools show it. An older version that serves
 * until the new one is filled may lack some of them.
 */
export async function describeView(
  { tableName, comment, columns }: EntityMetadata,
  manager: EntityManager,
): Promise<void> {
  const view = escapeIdentifier(tableName);
  const shown = await manager.query<{ attname: string }[]>(
    'select attname from pg_attribute where attrelid = to_regclass($1) and attnum > 0',
    [view],
  );
  const names = new Set(shown.map(({ attname }) => attname));
  const comments = columns.flatMap((column) =>
    column.comment === undefined || !names.has(column.databaseName)
      ? []
      : [`comment on column ${view}.${escapeIdentifier(column.databaseName)} is ${escapeLiteral(column.comment)}`],
  );
  if (comment !== undefined) comments.push(`comment on view ${view} is ${escapeLiteral(comment)}`);
  if (comments.length > 0) await manager.query(comments.join(';'));
}
