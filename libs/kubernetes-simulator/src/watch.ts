import type { ServerResponse } from 'node:http';
import { apiVersionOf } from './kinds.js';
import type { Json, KubernetesObject } from './objects.js';
import type { Target } from './routes.js';
import { parseFieldSelector, parseLabelSelector } from './selectors.js';
import type { Change, ObjectStore } from './store.js';

const BOOKMARK_EVERY_MS = 10_000;

/** The test that a list or watch puts every object to. */
export function filterOf(target: Target, query: URLSearchParams): (object: KubernetesObject) => boolean {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const { namespace, name } = target;
  return (object) =>
    (!namespace || object.metadata.namespace === namespace) &&
    (!name || object.metadata.name === name) &&
    labels(object.metadata.labels) &&
    fields(object);
}

/** Streams changes as JSON lines until the client goes or `timeoutSeconds` are over. */
export function serveWatch(store: ObjectStore, target: Target, query: URLSearchParams, response: ServerResponse): void {
  const matches = filterOf(target, query);
  const send = (type: string, object: Json) => response.write(`${JSON.stringify({ type, object })}\n`);
  const show = (change: Change) => {
    if (change.kind !== target.kind) return;
    const before = change.previous !== undefined && matches(change.previous);
    const after = change.type !== 'DELETED' && matches(change.object);
    if (after) send(before ? 'MODIFIED' : 'ADDED', change.object);
    else if (before) send('DELETED', change.object);
  };
  const bookmark = () =>
    send('BOOKMARK', {
      kind: target.kind.kind,
      apiVersion: apiVersionOf(target.kind),
      metadata: { resourceVersion: String(store.revision), creationTimestamp: null },
    });

  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const from = Number(query.get('resourceVersion') ?? 0);
  const missed = from > 0 ? store.changesSince(from) : [];
  if (!missed) {
    send('ERROR', {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `too old resource version: ${from} (${store.revision})`,
      reason: 'Expired',
      code: 410,
    });
    response.end();
    return;
  }
  if (from === 0) for (const object of store.list(target.kind, target.namespace).filter(matches)) send('ADDED', object);
  missed.forEach(show);

  const stopListening = store.onChange(show);
  const bookmarks = query.get('allowWatchBookmarks') === 'true' ? setInterval(bookmark, BOOKMARK_EVERY_MS) : undefined;
  const timeout = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? 1800) * 1000);
  response.on('close', () => {
    stopListening();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  });
}
