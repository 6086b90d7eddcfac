import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A file of a backup, as the manifest lists it. */
export interface FileEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes a new file that only its owner can read, and sums it up on the way. */
export class CheckedFile implements Disposable {
  private readonly descriptor: number;
  private readonly hash = createHash('sha256');
  private bytes = 0;

  constructor(private readonly path: string) {
    this.descriptor = openSync(path, 'wx', 0o600);
  }

  write(chunk: Uint8Array): void {
    for (let written = 0; written < chunk.length;) written += writeSync(this.descriptor, chunk, written);
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  /** The file lies on disk when this returns. */
  finish(): FileEntry {
    fsyncSync(this.descriptor);
    return { name: basename(this.path), bytes: this.bytes, sha256: this.hash.digest('hex') };
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
