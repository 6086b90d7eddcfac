import { type Blueprint, environmentLabels, names, partLabels } from './blueprint.js';
import type { Manifest } from './manifest.js';
import { podSettings, secureContainer } from './workloads.js';

/** On the Job: where its export is found. */
export const locationAnnotation = 'keiyaku.dev/export-location';

/** The image that reads the files, and the resources of its container. */
export interface ExportContainer {
  readonly image: string;
  readonly resources: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

const name = names.export;
/** After that the Job gives up; its pod may have hung. */
const deadlineSeconds = 3_600;

/**
 * The last is the Job that reads the files volume and sends its contents to the destination, and what it needs: the destination's
 * address, which may hold credentials and so stands in a Secret, and a way out through the network policies. Without a
 * destination nothing leaves the namespace: the program lists what there is in its log.
 */
export function exportObjects(
  { identity, image, resources }: Pick<Blueprint, 'identity'> & ExportContainer,
  destination: string | undefined,
): readonly Manifest[] {
  const labels = { ...environmentLabels(identity), ...partLabels(name) };
  const metadata = { name, namespace: identity.namespace, labels };
  const location = destination ? shown(destination) : `log of Job ${name} in ${identity.namespace}`;
  const job: Manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, annotations: { [locationAnnotation]: location } },
    spec: {
      backoffLimit: 2,
      activeDeadlineSeconds: deadlineSeconds,
      template: {
        metadata: { labels },
        spec: {
          ...podSettings,
          restartPolicy: 'Never',
          // The volume is mounted on one node at a time: that of the file server, while it runs.
          affinity: {
            podAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  podAffinityTerm: {
                    labelSelector: { matchLabels: partLabels(names.files) },
                    topologyKey: 'kubernetes.io/hostname',
                  },
                },
              ],
            },
          },
          containers: [
            {
              name,
              image,
              args: ['export'],
              envFrom: [{ configMapRef: { name: names.settings } }, ...(destination ? [{ secretRef: { name } }] : [])],
              resources,
              securityContext: secureContainer,
              volumeMounts: [
                { name: 'scratch', mountPath: '/tmp' },
                { name: 'files', mountPath: '/data', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'scratch', emptyDir: {} },
            { name: 'files', persistentVolumeClaim: { claimName: names.files } },
          ],
        },
      },
    },
  };
  if (!destination) return [job];
  return [...wayOut(metadata, new URL(destination)), job];
}

/** What only the Job needs; it goes when the Job has ended. */
function wayOut(metadata: Manifest['metadata'], url: URL): readonly Manifest[] {
  const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      data: { EXPORT_URL: Buffer.from(url.href).toString('base64') },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: partLabels(name) },
        policyTypes: ['Egress'],
        egress: [{ ports: [{ protocol: 'TCP', port }] }],
      },
    },
  ];
}

/** The address of one environment's export below that of all of them. */
export function exportUrl(base: string, { externalId, environmentId }: Blueprint['identity']): string {
  const url = new URL(base);
  const file = `${encodeURIComponent(externalId)}-${environmentId}.tar.gz`;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${file}`;
  return url.href;
}

/** The address as people and the log may see it: without credentials. */
function shown(href: string): string {
  const url = new URL(href);
  return `${url.protocol}//${url.host}${url.pathname}`;
}
