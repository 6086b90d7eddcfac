import { EventStoreUnavailable } from './errors.js';

/** The client gives reads no deadline of their own; a frozen server would hold them for ever. */
const answerDeadlineMs = 5_000;

/** What reads of the client have in common with Node's Readable. */
interface ClientStream<Item> extends AsyncIterable<Item> {
  readonly readableEnded: boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  iterator(options: { destroyOnReturn: boolean }): AsyncIterable<Item>;
  resume(): unknown;
  destroy(error: Error): unknown;
}

/** Iterates a read of the client and leaves nothing behind when the caller stops early. */
export async function* iterate<Item>(stream: ClientStream<Item>, cancel: () => Promise<void>): AsyncGenerator<Item> {
  // Nobody listens before and after `for await`, and an error that nobody hears ends the process.
  stream.on('error', () => undefined);
  let waiting = true;
  const silence = setTimeout(() => {
    if (waiting) stream.destroy(new EventStoreUnavailable(new Error(`No answer within ${answerDeadlineMs} ms.`)));
    else silence.refresh();
  }, answerDeadlineMs);
  try {
    for await (const item of stream.iterator({ destroyOnReturn: false })) {
      waiting = false;
      yield item;
      waiting = true;
      silence.refresh();
    }
  } finally {
    clearTimeout(silence);
    await leave(stream, cancel);
  }
}

/** A stream that is only destroyed keeps its call open for ever, and closing the client then waits for it. */
export async function leave(
  stream: { readonly readableEnded: boolean; resume(): unknown },
  cancel: () => Promise<void>,
): Promise<void> {
  if (stream.readableEnded) return;
  await cancel();
  stream.resume();
}
