import { createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { derivedKey } from '#libs/secrets/src/derived-key.js';
import { encryptionKey } from '../settings.js';
import type { StagedRow } from './import-rows.js';
import { type Import, ImportStore } from './import-store.js';
import { readCsv } from './read-csv.js';

const batchSize = 200;

export interface ImportRequest {
  readonly file: Readable;
  readonly contentType: string;
  readonly dryRun: boolean;
  readonly duplicates: Import['duplicates'];
}

/** Takes files in. They are worked on in the background. */
@Injectable()
export class Imports {
  private readonly key = derivedKey(encryptionKey(), 'customer import');

  constructor(private readonly store: ImportStore) {}

  /**
   * Stores the file, sealed. The same request again answers the import that it made.
   * @throws ProblemError import_unreadable, import_columns_unknown, import_too_large, idempotency_key_reused
   */
  async receive({ file, contentType, dryRun, duplicates }: ImportRequest, context: CommandContext): Promise<Import> {
    const id = stableId('customer import', context.commandId);
    const entry = {
      id,
      dryRun,
      duplicates,
      requestedBy: context.actor.id,
      requestedRole: context.actor.role,
      correlationId: context.correlationId,
    };
    return this.store.receive(id, async (known, manager) => {
      const hash = createHmac('sha256', this.key).update(`${dryRun} ${duplicates} ${contentType}\n`);
      const rows = readCsv(file, contentType, (bytes) => void hash.update(bytes));
      if (known) {
        for await (const _row of rows);
        if (hash.digest('base64url') !== known.digest) throw httpProblem('idempotency_key_reused', keyReused);
        return known;
      }
      await this.store.begin(entry, manager);
      let count = 0;
      let batch: StagedRow[] = [];
      const stage = (): Promise<void> => this.store.stage(id, { number: count, rows: batch }, manager);
      for await (const row of rows) {
        batch.push(row);
        count += 1;
        if (batch.length < batchSize) continue;
        await stage();
        batch = [];
      }
      if (batch.length > 0) await stage();
      await this.store.received(id, hash.digest('base64url'), count, manager);
      return (await this.store.find(id, manager))!;
    });
  }
}

const keyReused = 'This idempotency key came with another file. Use a new key.';
