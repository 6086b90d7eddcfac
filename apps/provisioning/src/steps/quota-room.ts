import { setTimeout as delay } from 'node:timers/promises';
import { quantityValue } from '#libs/catalogue/src/quantity.js';
import type { Failure } from '../kubernetes/failure-reason.js';
import type { Applied, KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, type KubernetesObject, refOf } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';
import { usage } from '../manifests/quota.js';

const seenWithinMs = 5_000;
const lookMs = 100;

interface Quota {
  readonly spec?: { readonly hard?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly used?: Readonly<Record<string, string>>;
  };
}

/** Looks at the quotas that others have put on an environment's namespace, before anything is applied to it. */
export class QuotaRoom {
  constructor(private readonly cluster: KubernetesClient) {}

  /**
   * The first of their quotas that the environment does not fit into, even at its smallest.
   * @param first nothing of the environment stands yet, so all that is in use is used by others
   */
  async shortage(objects: readonly Manifest[], first: boolean, signal: AbortSignal): Promise<Failure | undefined> {
    const [namespace] = objects;
    const ours = ownQuotas(objects);
    const kind = { apiVersion: 'v1', kind: 'ResourceQuota' };
    const { items } = await this.cluster.list(kind, namespace?.metadata.name, {}, signal);
    const needed = usage(objects, 'least');
    return items
      .filter(({ metadata }) => !ours.has(metadata.name))
      .map((quota) => shortageOf(quota, needed, first))
      .find((found) => found !== undefined);
  }

  /**
   * The object as it may be applied while the pods of the plan before are still there: a quota that shrinks would keep
   * those of the new one from coming up beside them. Every other object as it is.
   */
  async roomy(object: Manifest, signal: AbortSignal): Promise<Manifest> {
    if (object.kind !== 'ResourceQuota') return object;
    const standing = (await this.cluster.get(refOf(object), signal)) as unknown as Quota | undefined;
    const { spec } = object as unknown as Quota;
    const before = standing?.spec?.hard ?? {};
    const hard = Object.entries(spec?.hard ?? {}).map(([resource, amount]) => {
      const old = before[resource];
      const shrinks = old !== undefined && (quantityValue(old) ?? 0) > (quantityValue(amount) ?? 0);
      return [resource, shrinks ? old : amount] as const;
    });
    return { ...object, spec: { ...spec, hard: Object.fromEntries(hard) } };
  }

  /**
   * Waits until the quotas that were just changed are enforced: until the cluster's controller has seen a change, what
   * comes next is still measured by the quota before. Without a controller, none is enforced, and nobody waits long.
   */
  async inForce(applied: readonly Applied[], signal: AbortSignal): Promise<void> {
    const changed = applied.filter(
      ({ object, outcome }) => object.kind === 'ResourceQuota' && outcome === 'configured',
    );
    const deadline = Date.now() + seenWithinMs;
    for (const { object } of changed) {
      let quota: KubernetesObject | undefined = object;
      while (quota && !isInForce(quota) && Date.now() < deadline) {
        await delay(lookMs, undefined, { signal });
        quota = await this.cluster.get(refOf(object), signal);
      }
    }
  }
}

function isInForce(quota: KubernetesObject): boolean {
  const { spec, status } = quota as unknown as Quota;
  return Object.entries(spec?.hard ?? {}).every(([resource, hard]) => {
    const enforced = status?.hard?.[resource];
    return enforced !== undefined && quantityValue(enforced) === quantityValue(hard);
  });
}

/** Names of the quotas that a plan brings along. */
function ownQuotas(objects: readonly Manifest[]): ReadonlySet<string> {
  return new Set(objects.filter(({ kind }) => kind === 'ResourceQuota').map(({ metadata }) => metadata.name));
}

function shortageOf(quota: KubernetesObject, needed: ReadonlyMap<string, number>, first: boolean): Failure | undefined {
  const { spec, status } = quota as unknown as Quota;
  const short = Object.entries(spec?.hard ?? {}).flatMap(([resource, hard]) => {
    const used = first ? (quantityValue(status?.used?.[resource] ?? '0') ?? 0) : 0;
    const room = (quantityValue(hard) ?? Number.POSITIVE_INFINITY) - used;
    const amount = needed.get(resource) ?? 0;
    return amount > room ? [`${amount} of ${resource}, and ${Math.max(0, room)} are left`] : [];
  });
  if (short.length === 0) return undefined;
  return {
    object: describeRef(refOf(quota)),
    class: 'resource_shortage',
    reason: `The quota "${quota.metadata.name}" has too little room: the environment needs ${short.join('; ')}`,
    whatToDo: 'Raise the quota. The work goes on by itself when there is room.',
  };
}
