import { pullFailure } from './event-failure.js';
import type { Failure } from './failure-reason.js';
import { describeRef, refOf, type KubernetesObject } from './resources.js';

interface ContainerStatus {
  name: string;
  image?: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string } };
  lastState?: { terminated?: { reason?: string; exitCode?: number } };
}

interface PodStatus {
  conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

/** The scheduler may need a moment to find room, or the autoscaler to make some. */
const SCHEDULE_WINDOW_MS = 15_000;
/** A program that waits for its database may fall over at first. */
const RESTARTS_ALLOWED = 2;

const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
]);
const CONFIG_REASONS = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

/** Why a pod will not come up by itself; undefined while it may. */
export function explainPod(
  pod: KubernetesObject,
  now: Date,
  events: readonly KubernetesObject[] = [],
): Failure | undefined {
  const object = describeRef(refOf(pod));
  const status = (pod['status'] ?? {}) as PodStatus;
  const unplaced = unschedulable(object, status, now);
  if (unplaced) return unplaced;
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const failure = explainContainer(object, container, pullFailure(events, pod.metadata.uid));
    if (failure) return failure;
  }
  return undefined;
}

function unschedulable(object: string, status: PodStatus, now: Date): Failure | undefined {
  const condition = status.conditions?.find(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable',
  );
  if (!condition || condition.status !== 'False') return undefined;
  const message = condition.message ?? '';
  const [, claim] = /persistentvolumeclaim "([^"]+)" (?:not found|is being deleted)/.exec(message) ?? [];
  if (claim) {
    return {
      object,
      class: 'configuration',
      reason: `The volume claim "${claim}" that the pod mounts does not exist`,
      whatToDo: 'Add the claim to the plan or correct its name, then retry.',
    };
  }
  // The claims themselves tell why they are not bound.
  if (/unbound immediate PersistentVolumeClaims/.test(message)) return undefined;
  if (now.getTime() - Date.parse(condition.lastTransitionTime ?? '') < SCHEDULE_WINDOW_MS) return undefined;
  return {
    object,
    class: 'resource_shortage',
    reason: `The cluster has no room for the pod: ${message}`,
    whatToDo: 'Add nodes, lower the requests of the plan or choose another cluster, then retry.',
  };
}

/** True for a pod that waits before it pulls an image again and does not say why it has to. */
export function hidesPullFailure(pod: KubernetesObject): boolean {
  const { containerStatuses = [], initContainerStatuses = [] } = (pod['status'] ?? {}) as PodStatus;
  return [...initContainerStatuses, ...containerStatuses].some(({ state }) => isPlainBackOff(state?.waiting ?? {}));
}

/** `Back-off pulling image "shop:1"` and no more: newer kubelets add the cause. */
function isPlainBackOff({ reason, message = '' }: { reason?: string; message?: string }): boolean {
  return reason === 'ImagePullBackOff' && /^(Back-off pulling image "[^"]*")?$/.test(message);
}

/** @param told why an image of the pod could not be pulled */
function explainContainer(object: string, container: ContainerStatus, told?: string): Failure | undefined {
  const { waiting = {} } = container.state ?? {};
  const { reason = '', message = '' } = waiting;
  if (IMAGE_REASONS.has(reason)) {
    const why = isPlainBackOff(waiting) ? (told ?? message) : message;
    return explainImage(object, container.image ?? '', reason, why);
  }
  if (CONFIG_REASONS.has(reason)) {
    return {
      object,
      class: 'configuration',
      reason: `Container "${container.name}" cannot be started: ${message || reason}`,
      whatToDo: 'Correct the Secret, ConfigMap or command that the message names, then retry.',
    };
  }
  if (reason !== 'CrashLoopBackOff' || (container.restartCount ?? 0) <= RESTARTS_ALLOWED) return undefined;
  const ended = container.lastState?.terminated;
  if (ended?.reason === 'OOMKilled') {
    return {
      object,
      class: 'resource_shortage',
      reason: `Container "${container.name}" needs more memory than its limit`,
      whatToDo: 'Raise the memory limit of the plan, then retry.',
    };
  }
  const code = ended?.exitCode === undefined ? '' : ` with exit code ${ended.exitCode}`;
  return {
    object,
    class: 'application',
    reason: `Container "${container.name}" keeps ending${code} right after its start`,
    whatToDo: "Read the container's log, correct its settings or choose another version, then retry.",
  };
}

function explainImage(object: string, image: string, reason: string, message: string): Failure {
  const why = message ? `: ${message}` : '';
  const said = withoutReferences(message, image);
  if (/unauthorized|authentication required|denied|forbidden|\b(401|403)\b/i.test(said)) {
    return {
      object,
      class: 'configuration',
      reason: `The registry does not let us pull the image "${image}"${why}`,
      whatToDo: 'Correct the registry credentials (imagePullSecrets), then retry.',
    };
  }
  if (/timeout|timed out|too ?many ?requests|\b(429|503)\b|connection refused|TLS handshake/i.test(said)) {
    return {
      object,
      class: 'transient',
      reason: `The registry of the image "${image}" does not answer${why}`,
      whatToDo: 'Wait until the registry is back, then retry.',
    };
  }
  return {
    object,
    class: 'application',
    reason: `The image "${image}" cannot be pulled (${reason})${why}`,
    whatToDo: 'Correct the image name or tag of the plan, or publish the image, then retry.',
  };
}

/** What is said about an image, without how it is called: a tag or digest may hold any number, a name any word. */
function withoutReferences(message: string, image: string): string {
  const name = image.split('/').at(-1)?.split(/[:@]/)[0];
  const isReference = (word: string): boolean => {
    if (word.includes('/')) return true;
    const [first, mark, version] = word.split(/([:@])/);
    return first === name && mark !== undefined && version !== '';
  };
  const words = message.split(/[\s"']+/);
  return words.filter((word) => !isReference(word)).join(' ');
}
