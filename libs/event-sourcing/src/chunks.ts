import { setImmediate as nextTurn } from 'node:timers/promises';

/** What subscriptions of the client have in common with Node's Readable of objects. */
interface ObjectStream {
  on(event: 'end' | 'close' | 'readable', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'readable', listener: () => void): unknown;
  read(): unknown;
}

/**
 * Iterates a stream of objects by what one turn of the event loop brings: many that arrive together wake the reader
 * once. Ends with the stream or the signal, and throws the stream's error; one that comes later is nobody's concern.
 */
export async function* chunksOf<Item>(stream: ObjectStream, signal: AbortSignal): AsyncGenerator<readonly Item[]> {
  let woken = Promise.withResolvers<void>();
  let over: { readonly error?: Error } | undefined;
  const wake = (): void => woken.resolve();
  const end = (): void => {
    over ??= {};
    wake();
  };
  // It stays: an error that nobody hears ends the process.
  stream.on('error', (error) => {
    over ??= { error };
    wake();
  });
  stream.on('end', end);
  stream.on('close', end);
  stream.on('readable', wake);
  signal.addEventListener('abort', wake, { once: true });
  try {
    while (!signal.aborted) {
      woken = Promise.withResolvers();
      const chunk: Item[] = [];
      for (let item = stream.read(); item !== null; item = stream.read()) chunk.push(item as Item);
      if (chunk.length > 0) {
        yield chunk;
        continue;
      }
      if (over?.error) throw over.error;
      if (over) return;
      await woken.promise;
      await nextTurn();
    }
  } finally {
    stream.off('readable', wake);
    signal.removeEventListener('abort', wake);
  }
}
