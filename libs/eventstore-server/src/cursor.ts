import type { Storage } from './storage.js';
import type { StoredEvent } from './stored-event.js';

/** Walks the log or a stream page by page. An empty page means: nothing more at this moment. */
export interface Cursor {
  /** @param atMost events of it; as many as a page has when it is left out */
  nextPage(atMost?: number): StoredEvent[];
}

/** Forward from `from`, inclusive; backward from the last event before `from`. */
export function cursorOfAll(storage: Storage, from: number, backwards: boolean): Cursor {
  let at = from;
  return {
    nextPage(atMost) {
      const page = storage.pageOfAll(at, backwards, atMost);
      const last = page.at(-1);
      if (last !== undefined) at = backwards ? last.position : last.position + 1;
      return page;
    },
  };
}

/** From revision `from`, inclusive, in either direction; `lowest` is the first number that it gives. */
export function cursorOfStream(
  storage: Storage,
  stream: string,
  from: number,
  backwards: boolean,
  lowest: number,
): Cursor {
  let at = backwards ? from : Math.max(from, lowest);
  return {
    nextPage(atMost) {
      const page = storage.pageOfStream(stream, at, backwards, atMost);
      const last = page.at(-1);
      if (last !== undefined) at = backwards ? last.revision - 1 : last.revision + 1;
      return backwards ? page.filter(({ revision }) => revision >= lowest) : page;
    },
  };
}
