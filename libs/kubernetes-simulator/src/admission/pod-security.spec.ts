import { describe, expect, it } from 'vitest';
import type { KubernetesObject, PodSpec } from '../objects.js';
import { podSecurityViolation } from './pod-security.js';

const GOOD: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'web',
      image: 'web:1',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};

function namespace(labels: Record<string, string>): KubernetesObject {
  const prefixed = Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value]),
  );
  const metadata = { name: 'env', uid: 'u', resourceVersion: '1', creationTimestamp: '', labels: prefixed };
  return { apiVersion: 'v1', kind: 'Namespace', metadata };
}

const enforced = (spec: PodSpec, level = 'restricted') =>
  podSecurityViolation(namespace({ enforce: level }), 'enforce', spec);

describe('Pod Security', () => {
  it('lets a restricted pod pass', () => expect(enforced(GOOD)).toBeUndefined());

  it('lets everything pass without labels', () => {
    expect(podSecurityViolation(namespace({}), 'enforce', { ...GOOD, hostNetwork: true })).toBeUndefined();
  });

  it('lists everything that a bare pod lacks', () => {
    expect(enforced({ containers: [{ name: 'web', image: 'web:1' }] })).toBe(
      'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false ' +
        '(container "web" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities ' +
        '(container "web" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true ' +
        '(pod or container "web" must set securityContext.runAsNonRoot=true), seccompProfile ' +
        '(pod or container "web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  it.each([
    ['root', { securityContext: { ...GOOD.securityContext, runAsUser: 0 } }, 'runAsUser=0'],
    ['the host network', { hostNetwork: true }, 'host namespaces (hostNetwork=true)'],
    ['host paths', { volumes: [{ name: 'root', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "root")'],
    ['other volumes', { volumes: [{ name: 'share', nfs: {} }] }, 'restricted volume type "nfs"'],
  ])('refuses %s', (_, more, message) => expect(enforced({ ...GOOD, ...more })).toContain(message));

  it('only looks at the host under baseline', () => {
    expect(enforced({ containers: [{ name: 'web', image: 'web:1' }] }, 'baseline')).toBeUndefined();
    expect(enforced({ ...GOOD, hostPID: true }, 'baseline')).toContain('violates PodSecurity "baseline:latest"');
  });

  it('warns at the enforced level unless told otherwise', () => {
    const bare: PodSpec = { containers: [{ name: 'web', image: 'web:1' }] };
    expect(podSecurityViolation(namespace({ enforce: 'restricted' }), 'warn', bare)).toContain('would violate');
    const quiet = namespace({ enforce: 'restricted', warn: 'privileged' });
    expect(podSecurityViolation(quiet, 'warn', bare)).toBeUndefined();
  });
});
