import { mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DedicatedCluster } from '#libs/catalogue/src/catalogue.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { abcEnvironment } from '../spec-environment.js';
import { type ClusterWork, CustomerClusters } from './customer-cluster.js';
import { customerModule } from './customer-module.js';
import { type Orders, TerraformStandIn } from './spec-terraform.js';

const { environmentId } = abcEnvironment;
const dedicated: DedicatedCluster = {
  provider: 'aws-eks',
  subnetIds: { 'ap-northeast-1': ['subnet-0a1b', 'subnet-0c2d'] },
  nodes: { instanceType: 'm6i.large', min: 2, max: 6 },
};
const module = customerModule(abcEnvironment, dedicated);
const built = { endpoint: 'https://cluster.example', kubeconfig: 'a kubeconfig' };

function setUp(orders: Orders = {}, settings: { program?: string; patienceMs?: number } = {}) {
  const dir = temporaryFolder();
  const standIn = new TerraformStandIn(temporaryFolder(), { kubeconfig: built.kubeconfig, ...orders });
  vi.stubEnv('TF_STAND_IN', standIn.file);
  vi.stubEnv('ENCRYPTION_KEY', 'of ours alone');
  onTestFinished(() => void vi.unstubAllEnvs());
  const clusters = new CustomerClusters({ program: standIn.program, dir, patienceMs: 30_000, ...settings });
  const folder = join(dir, environmentId);
  mkdirSync(folder, { mode: 0o700 });
  return { clusters, standIn, dir, folder };
}

function work(changes: Partial<ClusterWork> = {}): ClusterWork {
  const alive = new AbortController().signal;
  const nothing = (): void => undefined;
  return { environmentId, signal: alive, stopsWithUs: () => false, hold: nothing, onProgress: nothing, ...changes };
}

describe('the cluster of a customer', () => {
  it('is built, and answers how it is reached', async () => {
    // All of it takes much longer than from one look at the output to the next.
    const { clusters, standIn, folder } = setUp({ resourceMs: 100 });
    const told: string[] = [];
    const onProgress: ClusterWork['onProgress'] = ({ ready, total, pending }) => {
      told.push([`${ready} of ${total}`, ...pending].join(', '));
    };
    expect(await clusters.build(module, work({ onProgress }))).toEqual(built);
    expect(standIn.calls).toEqual(['apply begins', 'apply ends']);
    expect(told).toContainEqual(expect.stringMatching(/^\d of \d, aws_\w+\.[\w-]+: create (began|for 10 s)$/));
    const files = await readdir(folder);
    expect(files).toContain('customer-cust-2025-001.tf.json');
    expect(files.filter((name) => name.endsWith('.log'))).toEqual([]);
    for (const name of files) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  });

  it('is never made anew: its data would be lost', async () => {
    const { clusters, standIn } = setUp();
    await clusters.build(module, work());
    standIn.order({ replaces: true });
    await expect(clusters.build(module, work())).rejects.toMatchObject({
      failure: { class: 'configuration', object: 'aws_eks_cluster.cust-2025-001_cluster' },
    });
    expect(standIn.calls).toEqual(['apply begins', 'apply ends']);
  });

  it('is destroyed, and its work folder with it; that it was is known for ever', async () => {
    const { clusters, standIn, dir } = setUp();
    await clusters.build(module, work());
    await clusters.destroy(work());
    expect(standIn.calls).toContain('destroy ends');
    expect(await readdir(dir)).toEqual([`${environmentId}.destroyed`]);
    const before = standIn.calls;
    await clusters.destroy(work());
    expect(standIn.calls).toEqual(before);
    expect(await readdir(dir)).toEqual([`${environmentId}.destroyed`]);
  });

  it('is not taken for destroyed by a worker that does not see its work folder', async () => {
    const { clusters, standIn, folder } = setUp();
    await clusters.build(module, work());
    await rename(folder, `${folder}.elsewhere`);
    const missing = {
      failure: {
        class: 'configuration',
        object: folder,
        whatToDo: expect.stringContaining('Check that TERRAFORM_DIR is the same folder for every worker'),
      },
    };
    await expect(clusters.expectTrace(environmentId)).rejects.toMatchObject(missing);
    await expect(clusters.destroy(work())).rejects.toMatchObject(missing);
    // Nor is a second one built.
    await expect(clusters.build(module, work())).rejects.toMatchObject(missing);
    expect(standIn.calls).toEqual(['apply begins', 'apply ends']);
    await writeFile(`${folder}.destroyed`, '');
    await clusters.destroy(work());
    expect(standIn.calls).toEqual(['apply begins', 'apply ends']);
  });

  it('is removed without Terraform when its building never began', async () => {
    const { clusters, dir, folder } = setUp({}, { program: '/nowhere/terraform' });
    await rm(folder, { recursive: true });
    await clusters.reserve(environmentId);
    expect((await stat(folder)).mode & 0o077).toBe(0);
    await clusters.destroy(work());
    expect(await readdir(dir)).toEqual([`${environmentId}.destroyed`]);
  });

  it('goes on when its worker is gone, and the next one waits for it: never two at once', async () => {
    const { clusters, standIn } = setUp({ resourceMs: 60 });
    const dying = new AbortController();
    const first = clusters.build(module, work({ signal: dying.signal }));
    await eventually(() => expect(standIn.calls).toEqual(['apply begins']));
    dying.abort(new Error('The lease has run out.'));
    await expect(first).rejects.toThrow('The lease has run out.');
    expect(await clusters.build(module, work())).toEqual(built);
    expect(standIn.calls).toEqual(['apply begins', 'apply ends', 'apply begins', 'apply ends']);
  });

  it('stops when it is not wanted any more, with what stands on record', async () => {
    const { clusters, standIn } = setUp({ resourceMs: 60 });
    const overtaken = new AbortController();
    const first = clusters.build(module, work({ signal: overtaken.signal, stopsWithUs: () => true }));
    await eventually(() => expect(standIn.calls).toEqual(['apply begins']));
    overtaken.abort(new Error('Something else is wanted.'));
    await expect(first).rejects.toThrow('Something else is wanted.');
    await clusters.destroy(work());
    expect(standIn.calls).toEqual(['apply begins', 'apply was interrupted', 'destroy begins', 'destroy ends']);
  });

  it('is not waited for without end', async () => {
    const { clusters } = setUp({ resourceMs: 400 }, { patienceMs: 600 });
    await expect(clusters.build(module, work())).rejects.toMatchObject({
      failure: { class: 'transient', whatToDo: expect.stringContaining('TERRAFORM_SECONDS') },
    });
  });

  it.each([
    ['init', { summary: 'Failed to query available provider packages', detail: 'no such host' }, 'transient'],
    ['apply', { summary: 'creating EKS Cluster', detail: 'ResourceLimitExceededException' }, 'resource_shortage'],
  ])('says what %s failed with', async (command, failure, expected) => {
    const { clusters } = setUp({ failures: { [command]: failure } });
    const reason = expect.stringContaining(`terraform ${command} failed: ${failure.summary}`);
    await expect(clusters.build(module, work())).rejects.toMatchObject({ failure: { class: expected, reason } });
  });

  it('says what to install or to set when there is no terraform', async () => {
    const { clusters } = setUp({}, { program: '/nowhere/terraform' });
    await expect(clusters.build(module, work())).rejects.toMatchObject({
      failure: { class: 'configuration', whatToDo: expect.stringContaining('Install Terraform 1.9 or newer, or set') },
    });
  });

  it('says that a folder for the work has to be set', async () => {
    setUp();
    const clusters = new CustomerClusters({ program: 'terraform', dir: '', patienceMs: 1_000 });
    await expect(clusters.build(module, work())).rejects.toMatchObject({
      failure: { class: 'configuration', whatToDo: expect.stringContaining('Set TERRAFORM_DIR') },
    });
  });

  it('changes nothing without the lease', async () => {
    const { clusters, standIn } = setUp();
    const hold = (): never => {
      throw new Error('The lease has run out.');
    };
    await expect(clusters.build(module, work({ hold }))).rejects.toThrow('The lease has run out.');
    expect(standIn.calls).toEqual([]);
  });
});
