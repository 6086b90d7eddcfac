import type { Container, JsonObject, KubernetesObject, PodSpec } from '../objects.js';

type Level = 'privileged' | 'baseline' | 'restricted';

const PREFIX = 'pod-security.kubernetes.io/';
const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const record = (value: unknown): JsonObject => (value ?? {}) as JsonObject;
const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ');
const subject = (prefix: string, names: string[]) => `${prefix}${names.length > 1 ? 's' : ''} ${quoted(names)}`;

function levelOf(value: string | undefined): Level {
  return value === 'restricted' || value === 'baseline' ? value : 'privileged';
}

/** What the namespace's labels forbid, as `violates PodSecurity "restricted:latest": …`; undefined when all is well. */
export function podSecurityViolation(
  namespace: KubernetesObject,
  mode: 'enforce' | 'warn',
  spec: PodSpec,
): string | undefined {
  const labels = namespace.metadata.labels ?? {};
  // A namespace that only says `enforce` warns at that level too.
  const source = mode === 'warn' && labels[`${PREFIX}warn`] === undefined ? 'enforce' : mode;
  const level = levelOf(labels[`${PREFIX}${source}`]);
  if (level === 'privileged') return undefined;
  const violations = [...baseline(spec), ...(level === 'restricted' ? restricted(spec) : [])];
  if (violations.length === 0) return undefined;
  const version = labels[`${PREFIX}${source}-version`] ?? 'latest';
  const verb = mode === 'warn' ? 'would violate' : 'violates';
  return `${verb} PodSecurity "${level}:${version}": ${violations.join(', ')}`;
}

function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

function namesWhere(spec: PodSpec, test: (security: JsonObject, container: Container) => boolean): string[] {
  return containersOf(spec)
    .filter((container) => test(record(container.securityContext), container))
    .map((container) => container.name);
}

function baseline(spec: PodSpec): string[] {
  const found: string[] = [];
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  if (host.length > 0) found.push(`host namespaces (${host.map((field) => `${field}=true`).join(', ')})`);
  const paths = (spec.volumes ?? []).filter((volume) => volume['hostPath'] !== undefined).map((volume) => volume.name);
  if (paths.length > 0) found.push(`hostPath volumes (${subject('volume', paths)})`);
  const privileged = namesWhere(spec, (security) => security['privileged'] === true);
  if (privileged.length > 0) {
    found.push(`privileged (${subject('container', privileged)} must not set securityContext.privileged=true)`);
  }
  const ports = namesWhere(spec, (_, container) => (container.ports ?? []).some((port) => (port.hostPort ?? 0) > 0));
  if (ports.length > 0) found.push(`hostPort (${subject('container', ports)} uses hostPort)`);
  return found;
}

function restricted(spec: PodSpec): string[] {
  const found: string[] = [];
  const pod = record(spec.securityContext);
  const add = (names: string[], check: string, prefix: string, must: string) => {
    if (names.length > 0) found.push(`${check} (${subject(prefix, names)} must ${must})`);
  };
  add(
    namesWhere(spec, (security) => security['allowPrivilegeEscalation'] !== false),
    'allowPrivilegeEscalation != false',
    'container',
    'set securityContext.allowPrivilegeEscalation=false',
  );
  add(
    namesWhere(spec, (security) => !dropsAll(record(security['capabilities']))),
    'unrestricted capabilities',
    'container',
    'set securityContext.capabilities.drop=["ALL"]',
  );
  for (const volume of spec.volumes ?? []) {
    const type = Object.keys(volume).find((field) => field !== 'name');
    if (type && !RESTRICTED_VOLUMES.has(type)) {
      found.push(`restricted volume types (volume "${volume.name}" uses restricted volume type "${type}")`);
    }
  }
  add(
    namesWhere(spec, (security) => (security['runAsNonRoot'] ?? pod['runAsNonRoot']) !== true),
    'runAsNonRoot != true',
    'pod or container',
    'set securityContext.runAsNonRoot=true',
  );
  const root = namesWhere(spec, (security) => security['runAsUser'] === 0);
  if (pod['runAsUser'] === 0) found.push('runAsUser=0 (pod must not set runAsUser=0)');
  else add(root, 'runAsUser=0', 'container', 'not set runAsUser=0');
  add(
    namesWhere(spec, (security) => !goodSeccomp(record(security['seccompProfile'] ?? pod['seccompProfile']))),
    'seccompProfile',
    'pod or container',
    'set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  );
  return found;
}

function dropsAll(capabilities: JsonObject): boolean {
  const drop = (capabilities['drop'] ?? []) as string[];
  const add = (capabilities['add'] ?? []) as string[];
  return drop.includes('ALL') && add.every((capability) => capability === 'NET_BIND_SERVICE');
}

function goodSeccomp(profile: JsonObject): boolean {
  return profile['type'] === 'RuntimeDefault' || profile['type'] === 'Localhost';
}
