import { findKind, type Kind } from './kinds.js';

/** What a resource path names. */
export interface Target {
  kind: Kind;
  /** '' for cluster-scoped kinds and for all namespaces. */
  namespace: string;
  /** '' for a collection. */
  name: string;
  subresource: string;
  /** What follows the subresource, without a leading slash. */
  rest: string;
}

/** Parses `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined when nothing is served there. */
export function parseTarget(path: string): Target | undefined {
  const [root, ...parts] = path.split('/').slice(1).map(decodeURIComponent);
  const group = root === 'api' ? '' : root === 'apis' ? parts.shift() : undefined;
  const version = parts.shift();
  if (group === undefined || version === undefined) return undefined;
  const scoped = parts[0] === 'namespaces' && parts.length >= 3 ? findKind(group, version, parts[2] ?? '') : undefined;
  if (scoped?.namespaced) return target(scoped, parts[1] ?? '', parts.slice(3));
  const kind = findKind(group, version, parts[0] ?? '');
  if (!kind || (kind.namespaced && parts.length > 1)) return undefined;
  return target(kind, '', parts.slice(1));
}

function target(kind: Kind, namespace: string, [name = '', subresource = '', ...rest]: string[]): Target {
  return { kind, namespace, name, subresource, rest: rest.join('/') };
}
