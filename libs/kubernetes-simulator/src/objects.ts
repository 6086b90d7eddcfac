export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [field: string]: Json | undefined;
}

export interface OwnerReference extends JsonObject {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

export interface ManagedFieldsEntry extends JsonObject {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: JsonObject;
  subresource?: string;
}

export interface ObjectMeta extends JsonObject {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any stored object. Stored objects are never changed in place: a write puts a new one. */
export interface KubernetesObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface LabelSelector extends JsonObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface Condition extends JsonObject {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
}

export interface ResourceRequirements extends JsonObject {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

export interface Container extends JsonObject {
  name: string;
  image: string;
  resources?: ResourceRequirements;
  env?: { name: string; valueFrom?: JsonObject }[];
  envFrom?: JsonObject[];
  ports?: { containerPort: number; name?: string; protocol?: string; hostPort?: number }[];
  securityContext?: JsonObject;
  volumeMounts?: { name: string; mountPath: string }[];
}

export interface Volume extends JsonObject {
  name: string;
  persistentVolumeClaim?: { claimName: string };
}

export interface PodSpec extends JsonObject {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  serviceAccountName?: string;
  securityContext?: JsonObject;
}

export interface PodTemplate extends JsonObject {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

export interface ContainerStatus extends JsonObject {
  name: string;
  image: string;
  imageID: string;
  ready: boolean;
  restartCount: number;
  state: JsonObject;
}

export interface Pod extends KubernetesObject {
  spec: PodSpec;
  status?: { phase: string; conditions?: Condition[]; containerStatuses?: ContainerStatus[] };
}

export interface ReplicaSet extends KubernetesObject {
  spec: { replicas: number; selector: LabelSelector; template: PodTemplate };
  status?: { replicas: number; readyReplicas: number; availableReplicas: number; conditions?: Condition[] };
}

export interface Deployment extends KubernetesObject {
  spec: {
    replicas: number;
    selector: LabelSelector;
    template: PodTemplate;
    progressDeadlineSeconds: number;
    paused?: boolean;
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } };
  };
  status?: { conditions?: Condition[] } & JsonObject;
}

export interface Job extends KubernetesObject {
  spec: {
    completions: number;
    parallelism: number;
    backoffLimit: number;
    activeDeadlineSeconds?: number;
    selector: LabelSelector;
    template: PodTemplate;
  };
  status?: { conditions?: Condition[]; startTime?: string } & JsonObject;
}

let second = { at: 0, text: '' };

/** The time as objects carry it, in whole seconds. */
export function now(): string {
  const at = Math.floor(Date.now() / 1000);
  if (at !== second.at) second = { at, text: `${new Date(at * 1000).toISOString().slice(0, 19)}Z` };
  return second.text;
}
