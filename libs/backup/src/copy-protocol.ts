/** `COPY … TO STDOUT`, `COPY … FROM STDIN` and what else of Postgres streams data, as queries of `pg`. */
import { once } from 'node:events';
import type { Connection, Submittable } from 'pg';
import { messageOf } from '#libs/local-stack/src/stack-error.js';

/** With the methods that the types of `pg` leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** One query of the client, which calls the methods with the answers. Rows are of no interest. */
abstract class CopyQuery implements Submittable {
  protected readonly ended = Promise.withResolvers<void>();
  protected failure: unknown;

  constructor(private readonly command: string) {}

  /** Resolves when everything is copied. Await it in the turn in which the query is given to the client. */
  get done(): Promise<void> {
    return this.ended.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.command);
  }

  handleRowDescription(): void {
    this.ignore();
  }

  handleDataRow(): void {
    this.ignore();
  }

  handleCommandComplete(): void {
    this.ignore();
  }

  handleError(error: unknown): void {
    this.ended.reject(this.failure ?? error);
  }

  handleReadyForQuery(): void {
    if (this.failure === undefined) this.ended.resolve();
    else this.ended.reject(this.failure);
  }

  private ignore(): void {
    // Counts, and places in the write-ahead log.
  }
}

export class CopyOut extends CopyQuery {
  constructor(
    command: string,
    private readonly write: (chunk: Buffer) => void,
  ) {
    super(command);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    try {
      this.write(chunk);
    } catch (error) {
      // Told at the end: there is no way to stop the server earlier but to leave.
      this.failure ??= error;
    }
  }
}

export class CopyIn extends CopyQuery {
  constructor(
    command: string,
    private readonly content: AsyncIterable<Buffer>,
  ) {
    super(command);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.send(connection);
  }

  private async send(connection: CopyConnection): Promise<void> {
    try {
      for await (const chunk of this.content) {
        connection.sendCopyFromChunk(chunk);
        if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
      }
      connection.endCopyFrom();
    } catch (error) {
      this.failure = error;
      connection.sendCopyFail(messageOf(error));
    }
  }
}
