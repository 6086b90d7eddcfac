import { expect, it } from 'vitest';
import { abcEnvironment } from '../spec-environment.js';
import { exportObjects, exportUrl, locationAnnotation } from './export-job.js';
import { schemaMistakes } from './schema.js';

const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } };
const { namespace, environmentId } = abcEnvironment;
const destination = exportUrl('https://keiyaku:s3cret@exports.example:8443/customers?sig=abc', abcEnvironment);

function objects(to: string | undefined) {
  return exportObjects({ identity: abcEnvironment, resources, image: 'registry.example/app:1' }, to);
}

it('has an address for each environment below the one for all', () => {
  const url = new URL(destination);
  expect(url.pathname).toBe(`/customers/CUST-2025-001-${environmentId}.tar.gz`);
  expect(url.search).toBe('?sig=abc');
});

it('reads the volume with what every pod of ours may do, and nothing more', () => {
  const [job] = objects(undefined);
  expect(job).toMatchObject({
    kind: 'Job',
    metadata: { name: 'export', namespace, annotations: { [locationAnnotation]: `log of Job export in ${namespace}` } },
    spec: {
      template: {
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              image: 'registry.example/app:1',
              args: ['export'],
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              volumeMounts: [{ mountPath: '/tmp' }, { mountPath: '/data', readOnly: true }],
            },
          ],
        },
      },
    },
  });
});

it('keeps the credentials of the destination in a Secret alone', () => {
  const all = objects(destination);
  expect(all.map(({ kind }) => kind)).toEqual(['Secret', 'NetworkPolicy', 'Job']);
  const [secret, ...others] = all;
  expect(secret?.['data']).toEqual({ EXPORT_URL: Buffer.from(destination).toString('base64') });
  expect(JSON.stringify(others)).not.toMatch(/s3cret|sig=abc/);
  expect(others[1]?.metadata.annotations).toEqual({
    [locationAnnotation]: `https://exports.example:8443/customers/CUST-2025-001-${environmentId}.tar.gz`,
  });
});

it('opens the way to the port of the destination, for its own pod', () => {
  expect(objects(destination)[1]?.['spec']).toEqual({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'export' } },
    policyTypes: ['Egress'],
    egress: [{ ports: [{ protocol: 'TCP', port: 8443 }] }],
  });
});

it.each([undefined, destination])('passes the offline checks with the destination %s', (to) => {
  expect(objects(to).flatMap(schemaMistakes)).toEqual([]);
});
