import { Client, escapeIdentifier } from 'pg';
import { getMetadataArgsStorage } from 'typeorm';
import { contractListProjection } from '#apps/contract/src/contract-list/contract-list.projection.js';
import { heldChangeListProjection } from '#apps/contract/src/held-change-list/held-change-list.projection.js';
import { webhookSourceListProjection } from '#apps/contract/src/webhook-source-list/webhook-source-list.projection.js';
import { erasureListProjection } from '#apps/identity/src/erasure-list/erasure-list.projection.js';
import { deliveryListProjection } from '#apps/notification/src/delivery-list/delivery-list.projection.js';
import { deliveryWorkProjection } from '#apps/notification/src/delivery-work/delivery-work.projection.js';
import { webhookDeliveryListProjection } from '#apps/notification/src/webhook-delivery-list/webhook-delivery-list.projection.js';
import { webhookEndpointListProjection } from '#apps/notification/src/webhook-endpoint-list/webhook-endpoint-list.projection.js';
import { environmentListProjection } from '#apps/provisioning/src/environment-list/environment-list.projection.js';
import { environmentWorkProjection } from '#apps/provisioning/src/environment-work/environment-work.projection.js';
import { slugReservationProjection } from '#apps/provisioning/src/release-slugs/slug-reservation.projection.js';
import type { EventMetadata } from '#libs/event-sourcing/src/event.js';
import { type Projection, fold } from '#libs/event-sourcing/src/projection.js';
import type { RawEvent } from './raw-log.js';

/** Every read model, by the context that owns it. */
export const readModels = {
  identity: [erasureListProjection],
  contract: [contractListProjection, heldChangeListProjection, webhookSourceListProjection],
  provisioning: [environmentListProjection, environmentWorkProjection, slugReservationProjection],
  notification: [
    deliveryListProjection,
    deliveryWorkProjection,
    webhookDeliveryListProjection,
    webhookEndpointListProjection,
  ],
} as const;

/**
 * Folds the log afresh and compares the outcome with what stands in the database, row for row and column for column.
 * Answers a line for each row that stands there and should not, or should and does not.
 */
export async function differences(
  projection: Projection,
  log: readonly RawEvent[],
  database: Client,
): Promise<string[]> {
  const rows = new Map<string, object | undefined>();
  const events = log.map((event) => ({ ...event, metadata: event.metadata as unknown as EventMetadata }));
  fold(projection, rows, events);
  const columns = getMetadataArgsStorage().filterColumns(projection.entity);
  const expected = [...rows.values()].flatMap((row) => (row === undefined ? [] : [record(row, columns)]));

  const view = escapeIdentifier(projection.name);
  const rebuilt = escapeIdentifier(`rebuilt_${projection.name}`);
  await database.query(`drop table if exists pg_temp.${rebuilt}`);
  await database.query(`create temp table ${rebuilt} as select * from ${view} with no data`);
  await database.query(`insert into ${rebuilt} select * from jsonb_populate_recordset(null::${rebuilt}, $1::jsonb)`, [
    JSON.stringify(expected),
  ]);
  const { rows: wrong } = await database.query<{ side: string; row: string }>(
    `select 'missing in' as side, to_jsonb(r)::text as row
       from (select * from ${rebuilt} except all select * from ${view}) r
     union all
     select 'too much in', to_jsonb(r)::text
       from (select * from ${view} except all select * from ${rebuilt}) r`,
  );
  return wrong.map(({ side, row }) => `${side} ${projection.name}: ${row}`);
}

interface ColumnArgs {
  readonly propertyName: string;
  readonly options: { readonly name?: string };
}

function record(row: object, columns: readonly ColumnArgs[]): Record<string, unknown> {
  const values = row as Record<string, unknown>;
  return Object.fromEntries(
    columns.map(({ propertyName, options }) => {
      const value = values[propertyName] ?? null;
      return [options.name ?? propertyName, typeof value === 'bigint' ? value.toString() : value];
    }),
  );
}
