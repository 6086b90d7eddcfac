import { ServerInterceptingCall } from '@grpc/grpc-js';
import type { ServerInterceptor } from '@grpc/grpc-js';

/** What one call may have handed over that has not left yet. */
const mostBytesAhead = 64 * 1024;

/**
 * Lets encoded messages that are sent in one turn leave in one write to the socket. By itself the framework takes the
 * next message of a call when the one before it has left, and so makes a write for each.
 */
class EagerCall extends ServerInterceptingCall {
  #bytesAhead = 0;

  override sendMessage(message: unknown, taken: () => void): void {
    const bytes = Buffer.isBuffer(message) ? message.length : Infinity;
    if (this.#bytesAhead + bytes > mostBytesAhead) {
      super.sendMessage(message, taken);
      return;
    }
    this.#bytesAhead += bytes;
    super.sendMessage(message, () => (this.#bytesAhead -= bytes));
    taken();
  }
}

export const sendEagerly: ServerInterceptor = (_method, call) => new EagerCall(call);
