import { apiVersionOf, KINDS } from './kinds.js';
import type { Json } from './objects.js';

export const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.9+keiyaku.simulator',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** The discovery documents that `kubectl get` reads; undefined when the path is none of them. */
export function discover(path: string): Json | undefined {
  if (path === '/version') return VERSION;
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') {
    const groups = new Map(KINDS.filter((kind) => kind.group).map((kind) => [kind.group, kind]));
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [...groups.values()].map((kind) => {
        const version = { groupVersion: apiVersionOf(kind), version: kind.version };
        return { name: kind.group, versions: [version], preferredVersion: version };
      }),
    };
  }
  const groupVersion = /^\/apis?\/(.+)$/.exec(path)?.[1];
  const kinds = KINDS.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (!groupVersion || kinds.length === 0) return undefined;
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: kinds.map((kind) => ({
      name: kind.plural,
      singularName: kind.kind.toLowerCase(),
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs,
    })),
  };
}
