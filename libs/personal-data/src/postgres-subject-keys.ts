import { createSecretKey, randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Pool, type QueryConfig } from 'pg';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { type SubjectKey, SubjectKeys, SubjectKeysUnavailable } from './subject-keys.js';

/** `sealed_key` is the key under ENCRYPTION_KEY; a row without it is a tombstone and stays for good. */
const subjectKeysTable = `
  create table if not exists subject_keys (
    subject text primary key,
    sealed_key text,
    created_at timestamptz not null default now(),
    destroyed_at timestamptz,
    check ((sealed_key is null) = (destroyed_at is not null))
  )`;

interface Row {
  readonly subject: string;
  readonly sealed_key: string | null;
}

/** Keys in a Postgres database of their own, each sealed under ENCRYPTION_KEY. */
export class PostgresSubjectKeys extends SubjectKeys {
  private constructor(
    private readonly pool: Pool,
    private readonly box: SecretBox,
  ) {
    super();
  }

  /**
   * Connects and makes the table.
   * @throws SealBroken when the keys were sealed under another key, and SubjectKeysUnavailable
   */
  static async connect(url: string, encryptionKey: Buffer): Promise<PostgresSubjectKeys> {
    const pool = new Pool({
      connectionString: url,
      application_name: 'keiyaku personal keys',
      max: 4,
      connectionTimeoutMillis: 3_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    const logger = new Logger('personal-data');
    // The message alone: the driver hangs the whole connection on the error, with its password.
    pool.on('error', ({ message }) => logger.warn(`A connection to the key database was lost: ${message}`));
    const keys = new PostgresSubjectKeys(pool, SecretBox.fromKey(encryptionKey));
    try {
      // Processes that start together wait for each other; both statements are one transaction.
      await keys.rows({ text: `select pg_advisory_xact_lock(hashtext('keiyaku subject keys')); ${subjectKeysTable}` });
      const text = 'select subject, sealed_key from subject_keys where sealed_key is not null limit 1';
      keys.opened(await keys.rows({ text }));
    } catch (error) {
      await keys.close();
      throw error;
    }
    return keys;
  }

  override async obtain(subjects: readonly string[]): Promise<ReadonlyMap<string, SubjectKey>> {
    const made = subjects.map((subject) => {
      const key = randomBytes(32);
      return { key: createSecretKey(key), sealed: this.box.seal(key.toString('base64'), place(subject)) };
    });
    // In one order everywhere, so that no two processes wait for each other.
    const inserted = await this.rows({
      name: 'make subject keys',
      text: `
        insert into subject_keys (subject, sealed_key)
        select subject, sealed_key from unnest($1::text[], $2::text[]) as made (subject, sealed_key) order by subject
        on conflict (subject) do nothing returning subject, sealed_key`,
      values: [subjects, made.map(({ sealed }) => sealed)],
    });
    const isNew = new Set(inserted.map(({ subject }) => subject));
    const keys = new Map<string, SubjectKey>(
      subjects.flatMap((subject, index) => (isNew.has(subject) ? [[subject, made[index]!.key] as const] : [])),
    );
    const others = subjects.filter((subject) => !isNew.has(subject));
    return others.length === 0 ? keys : new Map([...keys, ...(await this.find(others))]);
  }

  override async find(subjects: readonly string[]): Promise<ReadonlyMap<string, SubjectKey>> {
    const text = 'select subject, sealed_key from subject_keys where subject = any($1)';
    return this.opened(await this.rows({ name: 'find subject keys', text, values: [subjects] }));
  }

  override async destroy(subject: string): Promise<void> {
    await this.rows({
      name: 'destroy subject key',
      text: `
        insert into subject_keys (subject, sealed_key, destroyed_at) values ($1, null, now())
        on conflict (subject) do update set sealed_key = null, destroyed_at = now()
        where subject_keys.destroyed_at is null`,
      values: [subject],
    });
  }

  /** For health checks. @throws SubjectKeysUnavailable */
  async ping(): Promise<void> {
    await this.rows({ text: 'select 1' });
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async rows(query: QueryConfig): Promise<readonly Row[]> {
    try {
      return (await this.pool.query<Row>(query)).rows;
    } catch (error) {
      throw new SubjectKeysUnavailable(error);
    }
  }

  /** @throws SealBroken when ENCRYPTION_KEY is another one than the keys were sealed with */
  private opened(rows: readonly Row[]): Map<string, SubjectKey> {
    return new Map(
      rows.map(({ subject, sealed_key: sealed }) => [
        subject,
        sealed === null ? 'destroyed' : createSecretKey(this.box.open(sealed, place(subject)), 'base64'),
      ]),
    );
  }
}

function place(subject: string): string {
  return `subject-key:${subject}`;
}
