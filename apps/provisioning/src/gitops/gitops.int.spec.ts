import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { namespaceName } from '../domain/environment-name.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubernetesObject } from '../kubernetes/resources.js';
import {
  change,
  contract,
  inStatus,
  type ProvisioningApp,
  sign,
  startProvisioningApp,
  typesOf,
} from '../spec-provisioning.js';
import { GitOpsController } from './spec-gitops-controller.js';

let app: ProvisioningApp;
let kubernetes: KubernetesClient;
let controller: GitOpsController | undefined;
const folder = makeTemporaryFolder();
const remote = join(folder, 'remote.git');
const dir = join(folder, 'ours');

function git(...args: string[]): string {
  return execFileSync('git', ['-C', remote, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** What is shipped, but the data of the starter plan is not kept. */
function catalogueFile(): string {
  const { plans, regions } = loadCatalogue();
  const file = join(folder, 'catalogue.json');
  const starter = { ...plans['starter'], onTermination: { export: false, retentionDays: 0 } };
  writeFileSync(file, JSON.stringify({ plans: { ...plans, starter }, regions }));
  return file;
}

beforeAll(async () => {
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  execFileSync('git', ['clone', '--quiet', remote, dir], { stdio: 'ignore' });
  app = await startProvisioningApp({
    env: {
      CATALOGUE_FILE: catalogueFile(),
      PROVISIONING_RECONCILE_MS: '200',
      PROVISIONING_OUTPUT: 'gitops',
      GITOPS_DIR: dir,
      GITOPS_PUSH: 'true',
      GITOPS_SYNC_SECONDS: '2',
      PROVISIONING_RETRY_MS: '10',
    },
  });
  kubernetes = await KubernetesClient.fromKubeconfig(app.cluster.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await app.close();
  kubernetes.close();
  rmSync(folder, { recursive: true });
});

async function until(id: string, type: keyof EnvironmentEvents): Promise<RecordedEvent> {
  return eventually(
    async () => {
      const found = (await app.events(`environment-${id}`)).findLast((event) => event.type === type);
      if (!found) throw new Error(`${type} has not come yet: ${(await typesOf(app, id)).join(', ')}`);
      return found;
    },
    { timeoutMs: 30_000 },
  );
}

async function standing(kind: string, namespace: string): Promise<KubernetesObject[]> {
  const apiVersion = { Deployment: 'apps/v1', HorizontalPodAutoscaler: 'autoscaling/v2' }[kind] ?? 'v1';
  return (await kubernetes.list({ apiVersion, kind }, namespace)).items;
}

describe('an environment whose manifests are written', () => {
  it('waits for the controller, then follows its contract to the end', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    const failed = await until(id, 'environment.step_failed');
    expect(failed.data).toMatchObject({
      step: 'apply',
      class: 'transient',
      object: expect.stringMatching(/^Namespace env-/),
      reason: expect.stringContaining('The GitOps controller has not worked through the folder within 2 s'),
      whatToDo: expect.stringContaining('Look at the controller'),
    });
    const namespace = namespaceName(signed.externalId, id);
    // What must not get into Git stands already, and nothing else does.
    expect(await standing('Secret', namespace)).toHaveLength(1);
    expect(await standing('Deployment', namespace)).toEqual([]);

    controller = new GitOpsController(remote, join(folder, 'theirs'), kubernetes);
    await inStatus(app, id, 'ready');
    const files = git('ls-tree', '-r', '--name-only', 'main').split('\n');
    expect(files).toContain(`default/${namespace}/4-deployment-web.yaml`);
    const [secret] = await standing('Secret', namespace);
    if (!secret) throw new Error('The Secret stood a moment ago.');
    const { password } = secret['data'] as { password: string };
    const history = git('log', '--patch', 'main');
    expect(history).toContain(`${signed.externalId}: ${namespace} written\n`);
    expect(history).toContain(`Contract: ${signed.contractId}\n`);
    for (const text of [password, Buffer.from(password, 'base64').toString(), signed.company.name]) {
      expect(history).not.toContain(text);
    }

    await change(app, signed, 'contract.suspended');
    await inStatus(app, id, 'suspended');
    expect(await standing('HorizontalPodAutoscaler', namespace)).toEqual([]);
    expect(await standing('PersistentVolumeClaim', namespace)).toHaveLength(1);

    await change(app, signed, 'contract.terminated');
    await inStatus(app, id, 'deleted');
    expect(git('ls-tree', '-r', '--name-only', 'main')).toBe('');
    expect(git('log', '--format=%s', '-1', 'main')).toBe(`${signed.externalId}: ${namespace} removed`);
    expect(await kubernetes.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toBeUndefined();
    expect(await typesOf(app, id)).not.toContain('environment.needs_attention');
  });
});
