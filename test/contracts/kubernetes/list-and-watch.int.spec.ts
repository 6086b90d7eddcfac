import { describe, expect, it } from 'vitest';
import { refOf } from '#apps/provisioning/src/kubernetes/resources.js';
import { useCluster } from './cluster.js';
import { configMap } from './manifests.js';

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };

describe('list', () => {
  const cluster = useCluster();

  async function namesWith(selector: string) {
    const namespace = await cluster.namespace();
    await cluster.apply(configMap(namespace, 'one', {}, { tier: 'front', plan: 'small' }));
    await cluster.apply(configMap(namespace, 'two', {}, { tier: 'back' }));
    await cluster.apply(configMap(namespace, 'three', {}, { plan: 'large' }));
    const { items } = await cluster.client.list(CONFIG_MAP, namespace, { labels: selector });
    return items.map((item) => item.metadata.name).filter((name) => name !== 'kube-root-ca.crt');
  }

  it.each([
    ['tier=front', ['one']],
    ['tier==back', ['two']],
    ['tier!=front', ['three', 'two']],
    ['tier in (front, back)', ['one', 'two']],
    ['tier notin (front)', ['three', 'two']],
    ['plan', ['one', 'three']],
    ['!plan', ['two']],
    ['plan,tier in (front)', ['one']],
  ])('finds by %s', async (selector, names) => {
    expect(await namesWith(selector)).toEqual(names);
  });

  it('refuses a selector that it cannot read', async () => {
    await expect(cluster.client.list(CONFIG_MAP, 'default', { labels: 'tier in front' })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('gives every item its kind', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(configMap(namespace, 'one', {}, { mine: 'yes' }));
    expect((await cluster.client.list(CONFIG_MAP, namespace, { labels: 'mine' })).items).toMatchObject([CONFIG_MAP]);
  });

  it('lists all namespaces', async () => {
    const label = await cluster.namespace();
    await cluster.apply(configMap(label, 'one', {}, { label }));
    await cluster.apply(configMap(await cluster.namespace(), 'two', {}, { label }));
    expect((await cluster.client.list(CONFIG_MAP, undefined, { labels: `label=${label}` })).items).toHaveLength(2);
  });
});

describe('watch', () => {
  const cluster = useCluster();

  it('tells of what was added, changed and deleted since a list', async () => {
    const namespace = await cluster.namespace();
    const { resourceVersion } = await cluster.client.list(CONFIG_MAP, namespace);
    await cluster.apply(configMap(namespace, 'one', { a: '1' }, { mine: 'yes' }));
    await cluster.apply(configMap(namespace, 'one', { a: '2' }, { mine: 'yes' }));
    await cluster.apply(configMap(namespace, 'other', {}));
    await cluster.client.delete(refOf(configMap(namespace, 'one', {})));

    const seen: string[] = [];
    const options = { namespace, labelSelector: 'mine', resourceVersion, timeoutSeconds: 30 };
    for await (const { type, object } of cluster.client.watch(CONFIG_MAP, options)) {
      if (type === 'BOOKMARK') continue;
      seen.push(`${type} ${object.metadata.name}`);
      if (type === 'DELETED') break;
    }
    expect(seen).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one']);
  });

  it('tells of an object that stops matching as deleted', async () => {
    const namespace = await cluster.namespace();
    const object = await cluster.apply(configMap(namespace, 'one', {}, { mine: 'yes' }));
    const { resourceVersion = '' } = object.metadata;
    await cluster.apply(configMap(namespace, 'one', {}, { mine: 'no' }));
    const options = { namespace, labelSelector: 'mine=yes', resourceVersion, timeoutSeconds: 30 };
    for await (const { type } of cluster.client.watch(CONFIG_MAP, options)) {
      if (type === 'BOOKMARK') continue;
      expect(type).toBe('DELETED');
      break;
    }
  });

  it('ends at the time-out', async () => {
    const namespace = await cluster.namespace();
    const { resourceVersion } = await cluster.client.list(CONFIG_MAP, namespace);
    const options = { namespace, labelSelector: 'none', resourceVersion, timeoutSeconds: 1 };
    const events = [];
    for await (const event of cluster.client.watch(CONFIG_MAP, options)) events.push(event);
    expect(events.filter((event) => event.type !== 'BOOKMARK')).toEqual([]);
  });

  it('ends when the revision is too old, so that the caller lists again', async () => {
    const namespace = await cluster.namespace();
    const events = [];
    const options = { namespace, resourceVersion: '1', timeoutSeconds: 30 };
    for await (const event of cluster.client.watch(CONFIG_MAP, options)) events.push(event);
    expect(events).toEqual([]);
  });

  it('stops when the caller aborts', async () => {
    const namespace = await cluster.namespace();
    const abort = new AbortController();
    const options = { namespace, timeoutSeconds: 30, signal: abort.signal };
    const watching = (async () => {
      for await (const _ of cluster.client.watch(CONFIG_MAP, options)) abort.abort(new Error('enough'));
    })();
    await expect(watching).rejects.toThrow('enough');
  });
});
