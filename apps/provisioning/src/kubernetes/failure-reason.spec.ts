import { describe, expect, it } from 'vitest';
import { KubernetesApiError, KubernetesUnreachable, type Cause } from './errors.js';
import { explainError, explainWarning } from './failure-reason.js';

const WEB = 'Deployment web in env-abc';

function answered(status: number, message: string, reason = '', causes: Cause[] = []) {
  return explainError(new KubernetesApiError(status, WEB, { message, reason, causes }), WEB);
}

describe('explainError', () => {
  it('names the quota and its figures', () => {
    const quota = 'exceeded quota: plan, requested: requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4';
    expect(answered(403, `pods "web-1" is forbidden: ${quota}`, 'Forbidden')).toMatchObject({
      object: WEB,
      class: 'resource_shortage',
      reason: 'The quota "plan" is used up: asked for requests.cpu=2, requests.cpu=3 of requests.cpu=4 in use',
    });
  });

  it('names what a quota wants to be told', () => {
    const failure = answered(403, 'pods "web-1" is forbidden: failed quota: plan: must specify limits.cpu for: web');
    expect(failure).toMatchObject({ class: 'configuration', reason: expect.stringContaining('limits.cpu for: web') });
  });

  it('names the Pod Security level and the fields', () => {
    const message = 'pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod …)';
    expect(answered(403, message, 'Forbidden')).toMatchObject({
      class: 'configuration',
      reason: 'The pod breaks the Pod Security level "restricted:latest": runAsNonRoot != true (pod …)',
    });
  });

  it('names the limit of a limit range', () => {
    const message = 'pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 2';
    expect(answered(403, message, 'Forbidden').reason).toContain(
      'maximum cpu usage per Container is 1, but limit is 2',
    );
  });

  it('takes any other 403 for a missing permission', () => {
    const message =
      'deployments.apps is forbidden: User "keiyaku" cannot create resource "deployments" in API group "apps"';
    expect(answered(403, message, 'Forbidden')).toMatchObject({
      class: 'configuration',
      whatToDo: expect.stringContaining('RBAC'),
    });
  });

  it('waits for a namespace that is being deleted', () => {
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace env-abc is being terminated' }];
    expect(answered(403, 'forbidden', 'Forbidden', causes)).toMatchObject({
      class: 'transient',
      reason: 'The namespace is being deleted',
    });
  });

  it('takes a 500 for an unknown field as a configuration error', () => {
    const typed = 'failed to create typed patch object (env-abc/web; apps/v1, Kind=Deployment)';
    expect(answered(500, `${typed}: .spec.replcas: field not declared in schema`)).toMatchObject({
      class: 'configuration',
      reason: 'The cluster does not know the field .spec.replcas',
    });
  });

  it('takes any other 500 as transient', () => {
    expect(answered(500, 'etcdserver: leader changed', 'InternalError')).toMatchObject({ class: 'transient' });
  });

  it('names every refused value', () => {
    const causes = [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message: 'Invalid value: -1' }];
    expect(answered(422, 'invalid', 'Invalid', causes)).toMatchObject({
      class: 'configuration',
      reason: 'The cluster refuses a value: spec.replicas: Invalid value: -1',
    });
  });

  it('says that an immutable field needs a new object', () => {
    const causes = [{ field: 'spec.selector', message: 'Invalid value: {}: field is immutable' }];
    expect(answered(422, 'invalid', 'Invalid', causes)).toMatchObject({
      reason: 'spec.selector cannot be changed on an existing object',
      whatToDo: expect.stringContaining('created anew'),
    });
  });

  it('knows a missing namespace', () => {
    expect(answered(404, 'namespaces "env-abc" not found', 'NotFound')).toMatchObject({
      class: 'transient',
      reason: 'The namespace env-abc does not exist',
    });
  });

  it('knows a missing kind', () => {
    expect(answered(404, '404 page not found')).toMatchObject({
      class: 'configuration',
      reason: 'The cluster does not know this kind of object',
    });
  });

  it('names who manages a field', () => {
    const causes = [{ reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "kubectl"' }];
    expect(answered(409, 'Apply failed', 'Conflict', causes).reason).toBe(
      'Somebody else manages .spec.replicas: conflict with "kubectl"',
    );
  });

  it('waits when there are too many requests', () => {
    expect(answered(429, 'too many', 'TooManyRequests')).toMatchObject({
      class: 'transient',
      whatToDo: 'Wait a moment, then retry.',
    });
  });

  it('says that credentials are not accepted', () => {
    expect(answered(401, 'Unauthorized', 'Unauthorized').whatToDo).toContain('kubeconfig');
  });

  it('knows a cluster that does not answer', () => {
    const failure = explainError(new KubernetesUnreachable('https://10.0.0.1:6443', 'ECONNREFUSED'), WEB);
    expect(failure).toMatchObject({ class: 'transient', reason: expect.stringContaining('https://10.0.0.1:6443') });
  });
});

describe('explainWarning', () => {
  it('takes a Pod Security warning for a failure', () => {
    expect(explainWarning('would violate PodSecurity "restricted:latest": seccompProfile (…)', WEB)?.class).toBe(
      'configuration',
    );
  });

  it('lets other warnings pass', () => {
    expect(explainWarning('metadata.finalizers: prefer a domain-qualified finalizer name', WEB)).toBeUndefined();
  });
});
