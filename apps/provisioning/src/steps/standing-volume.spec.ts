import { expect, it } from 'vitest';
import type { Manifest } from '../manifests/manifest.js';
import { withStandingVolume } from './standing-volume.js';

const claim = (storage: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'files', namespace: 'env-abc' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
});
const { signal } = new AbortController();

it.each([
  ['retired', '500G', '1T', '1T'],
  ['retired', '500G', undefined, '500G'],
  ['retired', '1T', '500G', '1T'],
  ['running', '500G', '1T', '500G'],
] as const)('of a %s environment with %s planned and %s standing asks for %s', async (mode, planned, stands, asked) => {
  const cluster = { get: () => Promise.resolve(stands && claim(stands)) };
  expect(await withStandingVolume(cluster, mode, [claim(planned)], signal)).toEqual([claim(asked)]);
});
