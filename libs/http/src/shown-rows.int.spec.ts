import 'reflect-metadata';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing/src/database.js';
import { isoInstant, rowOf } from './shown-rows.js';

@Entity({ name: 'room', synchronize: false })
class Room {
  @PrimaryColumn('text') id: string;
  @Column('integer') beds: number;
  @Column('jsonb') guests: readonly string[];
  @Column({ name: 'opened_at', type: 'timestamptz' }) openedAt: Date;
  @Column({ name: 'closed_at', type: 'timestamptz', nullable: true }) closedAt: Date | null;
}

let database: TestDatabase;
let data: DataSource;

beforeAll(async () => {
  database = await createTestDatabase('rows');
  // One connection, so that the second query meets what the first one left behind.
  data = await new DataSource({ type: 'postgres', url: database.url, entities: [Room], poolSize: 1 }).initialize();
  await data.query(`create table room_1 as select 'a' as id, 2 as beds, '["Amy"]'::jsonb as guests,
    timestamptz '2025-01-05 09:00:00.123456Z' as opened_at, null::timestamptz as closed_at`);
  await data.query('create view room as select * from room_1');
});

afterAll(async () => {
  await data.destroy();
  await database.drop();
});

describe('rowOf', () => {
  it('answers the row by the names of the entity, with instants as text', async () => {
    expect(await rowOf(data.getRepository(Room), 'a')).toEqual({
      id: 'a',
      beds: 2,
      guests: ['Amy'],
      openedAt: '2025-01-05T09:00:00.123Z',
      closedAt: null,
    });
  });

  it('answers nothing for an id that no row has', async () => {
    expect(await rowOf(data.getRepository(Room), "'; drop view room; --")).toBeUndefined();
  });

  it('reads the new table when the view was made anew', async () => {
    await rowOf(data.getRepository(Room), 'a');
    await data.query(`create table room_2 as select id, beds + 1 as beds, guests, opened_at, closed_at from room_1;
      drop view room; create view room as select * from room_2`);
    expect(await rowOf(data.getRepository(Room), 'a')).toMatchObject({ beds: 3 });
  });

  it('reads a column whose type has changed', async () => {
    await rowOf(data.getRepository(Room), 'a');
    await data.query(`create table room_3 as select id, beds::text as beds, guests, opened_at, closed_at from room_1;
      drop view room; create view room as select * from room_3`);
    expect(await rowOf(data.getRepository(Room), 'a')).toMatchObject({ beds: '2' });
  });
});

describe('isoInstant', () => {
  it.each([
    ['2025-01-05 09:00:00+00', '2025-01-05T09:00:00.000Z'],
    ['2025-01-05 09:00:00.1+00', '2025-01-05T09:00:00.100Z'],
    ['2025-01-05 09:00:00.123999+00', '2025-01-05T09:00:00.123Z'],
    ['2025-01-05 18:00:00.5+09', '2025-01-05T09:00:00.500Z'],
    ['2025-01-05 14:30:00+05:30', '2025-01-05T09:00:00.000Z'],
    ['10000-01-05 09:00:00+00', '+010000-01-05T09:00:00.000Z'],
    ['0044-03-15 09:00:00+00 BC', '-000043-03-15T09:00:00.000Z'],
  ])('shows %s as %s', (written, iso) => {
    expect(isoInstant(written)).toBe(iso);
  });
});
