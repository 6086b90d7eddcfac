import { Inject, Injectable } from '@nestjs/common';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { monthlyPrice } from '#libs/catalogue/src/price.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import type { ObjectName } from '#libs/events/src/provisioning.js';
import { Clusters } from '../clusters/clusters.js';
import type { KnownState } from '../domain/environment.js';
import { KubernetesApiError } from '../kubernetes/errors.js';
import { explainError } from '../kubernetes/failure-reason.js';
import type { Applied, KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, refOf } from '../kubernetes/resources.js';
import { environmentLabel } from '../manifests/blueprint.js';
import { type Comparison, diff, type ObjectChange, nameOf } from '../manifests/diff.js';
import { type InPlaceRefusal, refusedInPlace } from '../manifests/in-place.js';
import type { Manifest } from '../manifests/manifest.js';
import { fieldManager } from '../steps/apply-object.js';
import { EnvironmentPlanner } from '../steps/environment-planner.js';
import { refuseForeignNamespace } from '../steps/foreign-namespace.js';
import { inParallel } from '../steps/in-parallel.js';
import { rehearse } from '../steps/rehearsal.js';
import { wouldPrune } from '../steps/prune.js';

export interface Preview {
  readonly create: readonly ObjectName[];
  readonly change: readonly ObjectChange[];
  readonly delete: readonly ObjectName[];
  /** Of a month; absent where one of the plans has no price (any more). */
  readonly costChange?: { readonly currency: string; readonly before: number; readonly after: number };
  /** What of it can't be done; absent when all can. */
  readonly refused?: readonly InPlaceRefusal[];
}

/** Tells what applying an environment would do, with its terms or with others. Nothing is changed anywhere. */
@Injectable()
export class PlanPreview {
  constructor(
    private readonly clusters: Clusters,
    private readonly planner: EnvironmentPlanner,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  /** @throws StepFailed, KubernetesApiError, KubernetesUnreachable */
  async of(environment: KnownState, terms: ContractTerms, signal: AbortSignal): Promise<Preview> {
    const { inventory, mode, settled } = environment;
    const identity = { ...environment.identity, terms };
    const { objects } = await this.planner.plan({ ...environment, identity });
    const before = settled?.terms ?? environment.identity.terms;
    const impossible = mode === 'retired' ? [] : refusedInPlace(before, terms, identity.namespace);
    const cost = this.costChange(environment, before, terms);
    const cluster = await this.clusters.of(environment);
    const [namespace] = objects;
    const standing = namespace && (await cluster.get(refOf(namespace), signal));
    if (!standing) {
      // A server can rehearse nothing in a namespace that it does not have.
      return { create: objects.map(nameOf), change: [], delete: [], ...cost, ...refusedBy(impossible) };
    }
    refuseForeignNamespace(standing, namespace.metadata.labels?.[environmentLabel]);
    const answers = await inParallel(objects, (object) => rehearsed(cluster, object, objects, signal));
    const comparisons = answers.flatMap((answer): Comparison[] =>
      'whatToDo' in answer ? [] : [{ before: answer.before, after: answer.object }],
    );
    const refusals = answers.flatMap((answer) => ('whatToDo' in answer ? [answer] : []));
    // The server has its own words for what we have said already.
    const told = new Set(impossible.map(({ object }) => object));
    const { environmentId, namespace: name } = identity;
    const gone = { environmentId, namespace: name, desired: objects, known: inventory, signal };
    return {
      ...diff(comparisons),
      delete: await wouldPrune(cluster, gone),
      ...cost,
      ...refusedBy([...impossible, ...refusals.filter(({ object }) => !told.has(object))]),
    };
  }

  private costChange(
    { mode, settled }: KnownState,
    from: ContractTerms,
    to: ContractTerms,
  ): Pick<Preview, 'costChange'> {
    const before = monthlyPrice(this.catalogue, from, settled?.mode ?? 'running');
    const after = monthlyPrice(this.catalogue, to, mode === 'running' ? 'running' : 'suspended');
    if (!before || !after) return {};
    return { costChange: { currency: after.currency, before: before.amount, after: after.amount } };
  }
}

function refusedBy(refused: readonly InPlaceRefusal[]): Pick<Preview, 'refused'> {
  return refused.length === 0 ? {} : { refused };
}

async function rehearsed(
  cluster: KubernetesClient,
  object: Manifest,
  plan: readonly Manifest[],
  signal: AbortSignal,
): Promise<Applied | Required<InPlaceRefusal>> {
  try {
    return await rehearse(cluster, object, plan, { fieldManager, compare: true, signal });
  } catch (error) {
    // The cluster refuses this object; of the others it is to be told all the same.
    if (!(error instanceof KubernetesApiError) || [401, 429].includes(error.status) || error.status >= 500) throw error;
    const { object: about, reason, whatToDo } = explainError(error, describeRef(refOf(object)));
    return { object: about, reason, whatToDo };
  }
}
