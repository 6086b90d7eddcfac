import { createHash } from 'node:crypto';
import { Yaml } from 'cdk8s';
import type { EnvironmentIdentity } from '../domain/environment.js';
import { type Manifest, waveOf } from '../manifests/manifest.js';

/** Says of an object in the cluster which content of its file it has. */
export const contentAnnotation = 'keiyaku.dev/content';
export const kustomizationFile = 'kustomization.yaml';

export interface FolderContent {
  /** By name, `4-deployment-web.yaml`; `kustomization.yaml` lists the others in the order of application. */
  readonly files: ReadonlyMap<string, string>;
  /** What stands in the files. */
  readonly written: readonly WrittenManifest[];
  /**
   * What has to be applied to the cluster without a file: passwords and personal values, because a history of Git
   * forgets nothing, and the Namespace that they lie in.
   */
  readonly direct: readonly Manifest[];
}

export interface WrittenManifest {
  readonly file: string;
  readonly object: Manifest;
}

const unwritten: ReadonlySet<string> = new Set(['Secret', 'ConfigMap']);

/** What holds the customer's data goes by our own deletion alone, never because a file is missing for a while. */
const kept: ReadonlySet<string> = new Set(['Namespace', 'PersistentVolumeClaim']);
const keep = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
} as const;

/** True for what a GitOps controller deletes when its file is gone. */
export function isPruned({ kind }: Pick<Manifest, 'kind'>): boolean {
  return !kept.has(kind) && !unwritten.has(kind);
}

/** The folder of one environment. The same objects always give the same bytes. */
export function folderContent(
  identity: Pick<EnvironmentIdentity, 'environmentId' | 'contractId' | 'externalId'>,
  objects: readonly Manifest[],
): FolderContent {
  const written = objects
    .filter(({ kind }) => !unwritten.has(kind))
    .map((object) => ({ file: fileName(object), object: marked(object) }))
    .toSorted((one, other) => (one.file < other.file ? -1 : 1));
  const direct = objects.filter(({ kind }) => kind === 'Namespace' || unwritten.has(kind));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: written.map(({ file }) => file),
  };
  const files = new Map(written.map(({ file, object }) => [file, Yaml.stringify(object)]));
  files.set(kustomizationFile, [...heading(identity, direct), Yaml.stringify(kustomization)].join('\n'));
  return { files, written, direct };
}

function fileName({ kind, metadata }: Manifest): string {
  return `${waveOf(kind)}-${kind.toLowerCase()}-${metadata.name}.yaml`;
}

function marked(object: Manifest): Manifest {
  const annotations = { ...object.metadata.annotations, ...(kept.has(object.kind) && keep) };
  const content = createHash('sha256')
    .update(JSON.stringify({ ...object, metadata: { ...object.metadata, annotations } }))
    .digest('hex')
    .slice(0, 16);
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [contentAnnotation]: content } } };
}

function heading(
  { environmentId, contractId, externalId }: Parameters<typeof folderContent>[0],
  direct: readonly Manifest[],
): string[] {
  const elsewhere = direct
    .filter(({ kind }) => unwritten.has(kind))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  return [
    `# ${labelled('customer', externalId)}, contract ${contractId}, environment ${environmentId}.`,
    '# Written by Keiyaku, which overwrites changes by hand.',
    ...(elsewhere.length > 0 ? [`# Applied to the cluster without a file: ${elsewhere.join(', ')}.`] : []),
  ];
}

/** A customer's number is a text from outside; in a comment it must stay on its line. */
function labelled(what: string, value: string): string {
  return `${what} ${value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`;
}
