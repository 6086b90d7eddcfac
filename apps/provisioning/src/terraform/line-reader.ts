import type { FileHandle } from 'node:fs/promises';

const newline = 0x0a;

/** Reads along in a file that somebody else appends lines to. Each byte is read once. */
export class LineReader {
  private readonly piece = Buffer.allocUnsafe(64 * 1_024);
  private offset = 0;
  /** What has come of a line that is not whole yet. */
  private begun: Buffer[] = [];

  /** @param file open for reading; closing it is its owner's */
  constructor(private readonly file: Pick<FileHandle, 'read'>) {}

  /** The whole lines that have come since. */
  async next(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (;;) {
      const { bytesRead } = await this.file.read(this.piece, 0, this.piece.length, this.offset);
      if (bytesRead === 0) return lines;
      this.offset += bytesRead;
      const fresh = this.piece.subarray(0, bytesRead);
      const whole = fresh.lastIndexOf(newline) + 1;
      if (whole > 0) {
        const text = Buffer.concat([...this.begun, fresh.subarray(0, whole)]).toString('utf8');
        lines.push(...text.split('\n').slice(0, -1));
        this.begun = [];
      }
      if (whole < bytesRead) this.begun.push(Buffer.from(fresh.subarray(whole)));
    }
  }
}
