import { createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
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
   * Stores the file, sealed, while it arrives. The same request again answers the import that it made.
   * @throws ProblemError import_unreadable, import_columns_unknown, import_too_large, idempotency_key_reused
   */
  async receive({ file, contentType, dryRun, duplicates }: ImportRequest, context: CommandContext): Promise<Import> {
    const id = stableId('customer import', context.commandId);
    const hash = createHmac('sha256', this.key).update(`${dryRun} ${duplicates} ${contentType}\n`);
    const rows = readCsv(file, contentType, (bytes) => void hash.update(bytes));
    const known = await this.store.find(id);
    if (known) {
      for await (const _row of rows);
      return demandSame(known, hash.digest('base64url'));
    }
    const uploadId = freshId();
    const received = {
      id,
      uploadId,
      dryRun,
      duplicates,
      requestedBy: context.actor.id,
      requestedRole: context.actor.role,
      correlationId: context.correlationId,
      rows: await this.stage(uploadId, rows),
      digest: hash.digest('base64url'),
    };
    const stored = await this.store.receive(received);
    if (stored.uploadId !== uploadId) await this.store.discard(uploadId);
    return demandSame(stored, received.digest);
  }

  /** How many rows there are. */
  private async stage(uploadId: string, rows: AsyncIterable<StagedRow>): Promise<number> {
    let count = 0;
    let batch: StagedRow[] = [];
    const stage = (): Promise<void> => this.store.stage(uploadId, { number: count, rows: batch });
    try {
      for await (const row of rows) {
        batch.push(row);
        count += 1;
        if (batch.length < batchSize) continue;
        await stage();
        batch = [];
      }
      if (batch.length > 0) await stage();
      return count;
    } catch (error) {
      await this.store.discard(uploadId);
      throw error;
    }
  }
}

/** @throws ProblemError idempotency_key_reused */
function demandSame(known: Import, digest: string): Import {
  if (known.digest !== digest) throw httpProblem('idempotency_key_reused', keyReused);
  return known;
}

const keyReused = 'This idempotency key came with another file. Use a new key.';
