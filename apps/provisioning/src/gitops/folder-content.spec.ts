import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { EnvironmentMode } from '../domain/environment.js';
import { planEnvironment } from '../manifests/plan.js';
import { abcEnvironment } from '../spec-environment.js';
import { type FolderContent, folderContent, isPruned } from './folder-content.js';

const password = 'correct horse battery staple';

function content(changes: { image?: string; password?: string; mode?: EnvironmentMode } = {}): FolderContent {
  const plan = loadCatalogue().plans['enterprise']!;
  const publicUrl = 'https://keiyaku.example';
  const made = { mode: 'running', image: 'registry.example/app:1', password, ...changes } as const;
  return folderContent(abcEnvironment, planEnvironment({ ...made, identity: abcEnvironment, plan, publicUrl }).objects);
}

const whole = content();

describe('the folder of an environment', () => {
  it('has a file for each object, in the order of application, and lists them', () => {
    expect([...whole.files.keys()]).toEqual([
      '0-namespace-env-cust-2025-001-1f2e3d4c.yaml',
      '1-limitrange-defaults.yaml',
      '1-networkpolicy-allow-dns.yaml',
      '1-networkpolicy-allow-visitors.yaml',
      '1-networkpolicy-allow-web-out.yaml',
      '1-networkpolicy-allow-web-to-files.yaml',
      '1-networkpolicy-default-deny.yaml',
      '1-resourcequota-plan.yaml',
      '1-role-app.yaml',
      '1-rolebinding-app.yaml',
      '1-serviceaccount-app.yaml',
      '2-persistentvolumeclaim-files.yaml',
      '3-service-files.yaml',
      '3-service-web.yaml',
      '4-deployment-files.yaml',
      '4-deployment-web.yaml',
      '5-horizontalpodautoscaler-web.yaml',
      '5-ingress-web.yaml',
      '5-poddisruptionbudget-files.yaml',
      '5-poddisruptionbudget-web.yaml',
      'kustomization.yaml',
    ]);
    const kustomization = whole.files.get('kustomization.yaml') ?? '';
    for (const { file } of whole.written) expect(kustomization).toContain(`\n  - ${file}\n`);
  });

  it('says whose it is, and what is applied without a file', () => {
    expect(whole.files.get('kustomization.yaml')?.split('\n').slice(0, 4)).toEqual([
      '# customer CUST-2025-001, contract 2f2e3d4c-0000-5000-8000-000000000000, environment 1f2e3d4c-0000-5000-8000-000000000000.',
      '# Written by Keiyaku, which overwrites changes by hand.',
      '# Applied to the cluster without a file: Secret administrator, ConfigMap settings.',
      'apiVersion: kustomize.config.k8s.io/v1beta1',
    ]);
  });

  it('keeps a customer number with a line break inside its comment', () => {
    const { files } = folderContent({ ...abcEnvironment, externalId: 'A\n- evil.yaml\u2028B' }, []);
    expect(files.get('kustomization.yaml')?.split('\n')[0]).toMatch(/^# customer A - evil\.yaml B, contract /);
  });

  it('holds no password and nothing of the contact, whose history could not be erased', () => {
    const text = [...whole.files.values()].join('\n');
    const { name, email } = abcEnvironment.company;
    for (const value of [
      password,
      Buffer.from(password).toString('base64'),
      name,
      email,
      abcEnvironment.administrator,
    ]) {
      expect(text).not.toContain(value);
    }
    expect(whole.direct.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace env-cust-2025-001-1f2e3d4c',
      'Secret administrator',
      'ConfigMap settings',
    ]);
  });

  it('is the same to the byte for the same plan, also with another password', () => {
    expect(content({ password: 'another one' }).files).toEqual(whole.files);
  });

  it('changes only the files whose objects change', () => {
    const changed = content({ image: 'registry.example/app:2' }).files;
    const others = [...changed.keys()].filter((file) => changed.get(file) !== whole.files.get(file));
    expect(others).toEqual(['4-deployment-files.yaml', '4-deployment-web.yaml']);
    const mark = (files: ReadonlyMap<string, string>) =>
      /keiyaku\.dev\/content: "?(\w+)/.exec(files.get('4-deployment-web.yaml') ?? '')?.[1];
    expect(mark(changed)).toMatch(/^[0-9a-f]{16}$/);
    expect(mark(changed)).not.toBe(mark(whole.files));
  });

  it('tells controllers to keep what holds the data, and nothing else', () => {
    const kept = whole.written.filter(({ object }) => !isPruned(object)).map(({ object }) => object);
    expect(kept.map(({ kind }) => kind)).toEqual(['Namespace', 'PersistentVolumeClaim']);
    for (const { object } of whole.written) {
      const { annotations } = object.metadata;
      const keep = kept.includes(object);
      expect(annotations?.['argocd.argoproj.io/sync-options']).toBe(keep ? 'Prune=false,Delete=false' : undefined);
      expect(annotations?.['kustomize.toolkit.fluxcd.io/prune']).toBe(keep ? 'disabled' : undefined);
    }
  });

  it('has nothing that runs or is reached once the environment is retired', () => {
    const { files } = content({ mode: 'retired' });
    expect([...files.keys()].filter((name) => /^[3-5]-/.test(name))).toEqual([]);
    expect(files.has('2-persistentvolumeclaim-files.yaml')).toBe(true);
  });
});
