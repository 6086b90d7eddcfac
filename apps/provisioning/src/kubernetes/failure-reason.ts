import type { FailureClass } from '#libs/events/src/provisioning.js';
import { KubernetesApiError, KubernetesUnreachable, type Cause } from './errors.js';

/** Why something does not work, for people. */
export interface Failure {
  /** `Deployment web in env-abc`. */
  object: string;
  reason: string;
  whatToDo: string;
  class: FailureClass;
}

export type Verdict = Omit<Failure, 'object'>;

const fields = (causes: Cause[]) => causes.map((cause) => cause.field ?? '').filter((field) => field !== '');

const QUOTA = /exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)/;

/** The name of the quota that has no room for an object; undefined for any other error. */
export function exceededQuota(error: unknown): string | undefined {
  return error instanceof KubernetesApiError && error.status === 403 ? QUOTA.exec(error.message)?.[1] : undefined;
}

/** Reads the messages that admission gives, both as answers and inside conditions. */
export function fromAdmission(message: string): Verdict | undefined {
  const [, name, requested, used, limited] = QUOTA.exec(message) ?? [];
  if (name) {
    return {
      class: 'resource_shortage',
      reason: `The quota "${name}" is used up: asked for ${requested}, ${used} of ${limited} in use`,
      whatToDo: 'Raise the quota (a larger plan) or free what the environment no longer needs, then retry.',
    };
  }
  const [, quota, missing] = /failed quota: ([^:]+): must specify (.+)/.exec(message) ?? [];
  if (quota) {
    return {
      class: 'configuration',
      reason: `The quota "${quota}" demands that every container says what it needs; missing: ${missing}`,
      whatToDo: 'Add requests and limits to the containers, or defaults to the LimitRange, then retry.',
    };
  }
  const [, level, violations] = /violates? PodSecurity "([^"]+)": ([\s\S]+)/.exec(message) ?? [];
  if (level) {
    return {
      class: 'configuration',
      reason: `The pod breaks the Pod Security level "${level}": ${violations}`,
      whatToDo: 'Set the named security fields in the plan, then retry.',
    };
  }
  const [limits] = /(minimum|maximum) \S+ usage per \w+ is .+/.exec(message) ?? [];
  if (limits) {
    return {
      class: 'configuration',
      reason: `The limit range of the namespace forbids it: ${limits}`,
      whatToDo: 'Bring requests and limits of the plan within the limit range, then retry.',
    };
  }
  const [, account] = /serviceaccount "([^"]+)" not found/.exec(message) ?? [];
  if (account) {
    return {
      class: 'transient',
      reason: `The service account "${account}" does not exist`,
      whatToDo: 'Wait until it is created; if it stays away, check that the plan has a ServiceAccount of that name.',
    };
  }
  return undefined;
}

function fromForbidden(error: KubernetesApiError): Verdict {
  if (error.causes.some((cause) => cause.reason === 'NamespaceTerminating')) {
    return {
      class: 'transient',
      reason: 'The namespace is being deleted',
      whatToDo: 'Wait until the deletion is finished; if it hangs, look for finalizers in the namespace, then retry.',
    };
  }
  return (
    fromAdmission(error.message) ?? {
      class: 'configuration',
      reason: `The cluster does not allow it: ${error.message}`,
      whatToDo: "Give the provisioning account the permission that the message names (the cluster's RBAC), then retry.",
    }
  );
}

function fromInvalid(error: KubernetesApiError): Verdict {
  const immutable = error.causes.filter((cause) => /immutable|cannot change/.test(cause.message ?? ''));
  const [frozen] = immutable;
  if (frozen) {
    return {
      class: 'configuration',
      reason: `${fields(immutable).join(', ') || 'A field'} cannot be changed on an existing object`,
      whatToDo: 'Keep the old value, or delete the object and let it be created anew (its data may be lost).',
    };
  }
  const list = error.causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`).join('; ');
  return {
    class: 'configuration',
    reason: `The cluster refuses a value: ${list || error.message}`,
    whatToDo: 'Correct the named field in the plan or the contract, then retry.',
  };
}

function fromNotFound(error: KubernetesApiError): Verdict {
  const [, namespace] = /namespaces "([^"]+)" not found/.exec(error.message) ?? [];
  if (namespace) {
    return {
      class: 'transient',
      reason: `The namespace ${namespace} does not exist`,
      whatToDo: 'Retry: the namespace is applied first. If it keeps going missing, find out who deletes it.',
    };
  }
  if (error.reason === 'NotFound') {
    return { class: 'transient', reason: error.message, whatToDo: 'Retry: what is missing is applied again.' };
  }
  return {
    class: 'configuration',
    reason: 'The cluster does not know this kind of object',
    whatToDo: 'Install what provides it (a CRD or a newer Kubernetes version), or choose another cluster, then retry.',
  };
}

function fromConflict(error: KubernetesApiError): Verdict {
  const taken = error.causes.filter((cause) => cause.reason === 'FieldManagerConflict');
  if (taken.length === 0) {
    return {
      class: 'transient',
      reason: `Somebody changed the object meanwhile: ${error.message}`,
      whatToDo: 'Retry.',
    };
  }
  const owners = [...new Set(taken.map((cause) => cause.message ?? ''))].join('; ');
  return {
    class: 'configuration',
    reason: `Somebody else manages ${fields(taken).join(', ')}: ${owners}`,
    whatToDo: 'Undo the change that was made by hand, or apply with force to take the fields back.',
  };
}

/** Unknown fields come as 500, so the status alone says nothing. */
function fromApiError(error: KubernetesApiError): Verdict {
  const [, field] = /(\.\S+): field not declared in schema/.exec(error.message) ?? [];
  if (field || /failed to create typed patch object|strict decoding error/.test(error.message)) {
    return {
      class: 'configuration',
      reason: field
        ? `The cluster does not know the field ${field}`
        : `The cluster cannot read the object: ${error.message}`,
      whatToDo: 'Correct the name or type of the field in the plan, then retry.',
    };
  }
  switch (error.status) {
    case 401:
      return {
        class: 'configuration',
        reason: 'The cluster does not accept our credentials',
        whatToDo: 'Renew the credentials in the kubeconfig, then retry.',
      };
    case 403:
      return fromForbidden(error);
    case 404:
      return fromNotFound(error);
    case 409:
      return fromConflict(error);
    case 400:
    case 422:
      return fromInvalid(error);
    case 410:
      return {
        class: 'transient',
        reason: 'What was read from the cluster is too old to go on from',
        whatToDo: 'Retry: it is read afresh.',
      };
    default:
      return {
        class: [408, 429].includes(error.status) || error.status >= 500 ? 'transient' : 'configuration',
        reason: `The cluster answered ${error.status}: ${error.message}`,
        whatToDo: error.status === 429 ? 'Wait a moment, then retry.' : "Look at the API server's health, then retry.",
      };
  }
}

/** Puts what went wrong while working on `object` (`Deployment web in env-abc`) into plain words. */
export function explainError(error: unknown, object: string): Failure {
  if (error instanceof KubernetesApiError) return { object, ...fromApiError(error) };
  if (error instanceof KubernetesUnreachable) {
    return {
      object,
      class: 'transient',
      reason: error.message,
      whatToDo: 'Check that the cluster is up and reachable, then retry.',
    };
  }
  return {
    object,
    class: 'configuration',
    reason: error instanceof Error ? error.message : String(error),
    whatToDo: 'Correct the cause, then retry.',
  };
}

/** A `Warning` header that will surely keep the pods from starting; undefined for a harmless one. */
export function explainWarning(warning: string, object: string): Failure | undefined {
  const verdict = /PodSecurity/.test(warning) ? fromAdmission(warning) : undefined;
  return verdict && { object, ...verdict };
}
