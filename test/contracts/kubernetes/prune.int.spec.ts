import { describe, expect, it } from 'vitest';
import { StepFailed } from '#apps/provisioning/src/carry-out-steps/step-failed.js';
import type { KnownObject } from '#apps/provisioning/src/domain/environment.js';
import { refOf, type KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import { applySetId, memberLabel } from '#apps/provisioning/src/manifests/apply-set.js';
import { prune, type PruneRequest, wouldPrune } from '#apps/provisioning/src/steps/prune.js';
import { useCluster } from './cluster.js';
import { configMap, quota } from './manifests.js';

const environmentId = '1f2e3d4c-0000-5000-8000-000000000000';

describe('pruning', () => {
  const cluster = useCluster();
  const member = (namespace: string) => ({ [memberLabel]: applySetId(namespace) });
  const nameOf = ({ kind, metadata }: KubernetesObject) => ({
    kind,
    name: metadata.name,
    namespace: metadata.namespace ?? '',
  });
  const known = (object: KubernetesObject): KnownObject => ({
    ...nameOf(object),
    ...(object.metadata.uid !== undefined && { uid: object.metadata.uid }),
  });

  /** Of a namespace in which the ConfigMap `wanted` is all that is wanted. */
  function request(namespace: string, objects: readonly KnownObject[], desired = ['wanted']): PruneRequest {
    const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    return {
      environmentId,
      namespace,
      desired: [own, ...desired.map((name) => configMap(namespace, name, {}))],
      known: objects,
      signal: AbortSignal.timeout(30_000),
      hold: () => undefined,
    };
  }

  function pruneAll(...asked: Parameters<typeof request>) {
    return prune(cluster.client, request(...asked));
  }

  async function standing(namespace: string, kind = 'ConfigMap'): Promise<string[]> {
    const { items } = await cluster.client.list({ apiVersion: 'v1', kind }, namespace);
    return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt');
  }

  it('deletes what was planned once and is not wanted now, and answers it', async () => {
    const namespace = await cluster.namespace();
    const labels = member(namespace);
    const wanted = await cluster.apply(configMap(namespace, 'wanted', {}, labels));
    const old = await cluster.apply(configMap(namespace, 'old', {}, labels));
    const unwanted = await cluster.apply(configMap(namespace, 'unwanted', {}, labels));
    // Of an attempt that died before it could say what it had applied, the uid is not known.
    const { deleted, kept } = await pruneAll(namespace, [known(wanted), known(old), nameOf(unwanted)]);
    expect(deleted.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([nameOf(old), nameOf(unwanted)]);
    expect(kept).toEqual([]);
    expect(await standing(namespace)).toEqual(['wanted']);
  });

  it('is done when it is repeated', async () => {
    const namespace = await cluster.namespace();
    const old = await cluster.apply(configMap(namespace, 'old', {}, member(namespace)));
    expect((await pruneAll(namespace, [known(old)])).deleted).toHaveLength(1);
    expect(await pruneAll(namespace, [known(old)])).toEqual({ deleted: [], kept: [] });
  });

  it('never deletes what was not planned, whatever its labels say', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(configMap(namespace, 'somebody', {}, member(namespace)));
    expect((await pruneAll(namespace, [])).deleted).toEqual([]);
    expect(await standing(namespace)).toEqual(['somebody']);
  });

  it.each<[string, (namespace: string) => Record<string, string>, string]>([
    ['an object without our label', () => ({}), 'it does not carry our label'],
    ['a member of another set', () => member('env-other'), `it belongs to another set, ${applySetId('env-other')}`],
  ])('leaves %s alone', async (_what, labels, why) => {
    const namespace = await cluster.namespace();
    const theirs = await cluster.apply(configMap(namespace, 'theirs', {}, labels(namespace)));
    const pruned = await pruneAll(namespace, [known(theirs)]);
    expect(pruned).toEqual({ deleted: [], kept: [{ object: `ConfigMap theirs in ${namespace}`, why }] });
    expect(await standing(namespace)).toEqual(['theirs']);
  });

  it('leaves an object alone that was made anew under the name of ours', async () => {
    const namespace = await cluster.namespace();
    const first = await cluster.apply(configMap(namespace, 'one', {}, member(namespace)));
    await cluster.client.delete(refOf(first));
    await cluster.apply(configMap(namespace, 'one', {}, member(namespace)));
    const { deleted, kept } = await pruneAll(namespace, [known(first)]);
    expect([deleted, kept.map(({ why }) => why)]).toEqual([
      [],
      ['it is not the object that was applied: its uid is another one'],
    ]);
    expect(await standing(namespace)).toEqual(['one']);
  });

  it('knows objects from before there were sets by their uid and their environment', async () => {
    const namespace = await cluster.namespace();
    const labels = { 'keiyaku.dev/environment': environmentId };
    const old = await cluster.apply(configMap(namespace, 'old', {}, labels));
    expect((await pruneAll(namespace, [nameOf(old)])).deleted).toEqual([]);
    expect((await pruneAll(namespace, [known(old)])).deleted).toEqual([nameOf(old)]);
  });

  it('refuses to delete what another object owns', async () => {
    const namespace = await cluster.namespace();
    const owner = await cluster.apply(configMap(namespace, 'owner', {}));
    const owned = configMap(namespace, 'owned', {}, member(namespace));
    const { apiVersion, kind, metadata } = owner;
    const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
    const applied = await cluster.apply({
      ...owned,
      metadata: { ...owned.metadata, ownerReferences: [reference] },
    });
    const error: unknown = await pruneAll(namespace, [known(applied)]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StepFailed);
    expect(error).toMatchObject({
      failure: {
        class: 'configuration',
        object: `ConfigMap owned in ${namespace}`,
        reason: 'It is no longer wanted, but ConfigMap owner owns it',
        whatToDo: expect.stringContaining('owner reference'),
      },
    });
    expect(await standing(namespace)).toContain('owned');
  });

  it('never prunes for an empty plan', async () => {
    const namespace = await cluster.namespace();
    const one = await cluster.apply(configMap(namespace, 'one', {}, member(namespace)));
    expect((await pruneAll(namespace, [known(one)], [])).deleted).toEqual([]);
    expect(await standing(namespace)).toEqual(['one']);
  });

  it('never deletes the namespace, nor anything in another one', async () => {
    const [namespace, other] = [await cluster.namespace(), await cluster.namespace()];
    const elsewhere = await cluster.apply(configMap(other, 'one', {}, member(namespace)));
    const objects = [{ kind: 'Namespace', name: namespace }, known(elsewhere)];
    expect((await pruneAll(namespace, objects)).deleted).toEqual([]);
    expect(await standing(other)).toEqual(['one']);
  });

  it('goes through the waves backwards', async () => {
    const namespace = await cluster.namespace();
    const labels = member(namespace);
    const limits = quota(namespace, { pods: '1' });
    const first = await cluster.apply({ ...limits, metadata: { ...limits.metadata, labels } });
    const second = await cluster.apply(configMap(namespace, 'one', {}, labels));
    const third = await cluster.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace, labels },
      spec: { type: 'ExternalName', externalName: 'keiyaku.example' },
    });
    const { deleted } = await pruneAll(namespace, [first, second, third].map(known));
    expect(deleted.map(({ kind }) => kind)).toEqual(['Service', 'ConfigMap', 'ResourceQuota']);
  });

  it('is previewed: what it would delete is answered in its order, and stands', async () => {
    const namespace = await cluster.namespace();
    const labels = member(namespace);
    const limits = quota(namespace, { pods: '1' });
    const first = await cluster.apply({ ...limits, metadata: { ...limits.metadata, labels } });
    const second = await cluster.apply(configMap(namespace, 'old', {}, labels));
    const wanted = await cluster.apply(configMap(namespace, 'wanted', {}, labels));
    const theirs = await cluster.apply(configMap(namespace, 'theirs', {}));
    const gone = { kind: 'ConfigMap', name: 'gone', namespace };
    const asked = request(namespace, [...[first, second, wanted, theirs].map(known), gone]);
    const would = await wouldPrune(cluster.client, asked);
    expect(would).toEqual([nameOf(second), nameOf(first)]);
    expect(await standing(namespace)).toEqual(['old', 'theirs', 'wanted']);
    expect(await standing(namespace, 'ResourceQuota')).toEqual(['plan']);
    expect((await prune(cluster.client, asked)).deleted).toEqual(would);
  });
});
