import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { setImmediate as nextTurn } from 'node:timers/promises';

export type ReadCall = ServerWritableStream<ReadReq, Buffer>;

/** So much may lie here for a reader that does not read, and so much is sent before others have their turn. */
const maxBytesPerTurn = 256 * 1024;

/** Sends to one reader no faster than it reads. */
export class Outlet {
  #bytesThisTurn = 0;

  constructor(private readonly call: ReadCall) {}

  get closed(): boolean {
    return this.call.destroyed;
  }

  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.call.once('close', listener);
  }

  /** Undefined: go on at once. A promise: the reader is slow, or it is somebody else's turn. */
  send(message: Buffer): Promise<void> | undefined {
    if (this.closed) return undefined;
    this.#bytesThisTurn += message.length;
    if (this.#bytesThisTurn >= maxBytesPerTurn) return this.#sendWholly(message);
    if (this.call.write(message)) return undefined;
    this.#bytesThisTurn = 0;
    return this.#drained();
  }

  /** Lets others have their turn: for a reader that went through much and had nothing to send. */
  endTurn(): Promise<void> {
    this.#bytesThisTurn = 0;
    return nextTurn();
  }

  /** The stream of the call counts messages, not bytes: what is large is waited for until the connection took it. */
  #sendWholly(message: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.call.off('close', done);
        resolve(this.endTurn());
      };
      this.call.once('close', done).write(message, done);
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.call.off('drain', done).off('close', done);
        resolve();
      };
      this.call.once('drain', done).once('close', done);
    });
  }
}
