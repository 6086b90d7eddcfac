import { Inject, Injectable } from '@nestjs/common';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { monthlyPrice } from '#libs/catalogue/src/price.js';
import { type ApprovalQuestion, needsApproval } from '../domain/approval.js';
import { keyOf, type Known } from '../domain/environment.js';
import type { Applied } from '../kubernetes/kubernetes-client.js';
import { describeRef, refOfKind } from '../kubernetes/resources.js';
import { nameOf } from '../manifests/diff.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';

/** Stands between the dry run and the application of changes that delete something or get much dearer. */
@Injectable()
export class ApprovalGate {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /** True when it has to be looked what the change does. */
  guards(environment: Known): boolean {
    return this.settings.approvalCost !== undefined && needsApproval(environment);
  }

  /**
   * What somebody has to be asked; undefined when nothing.
   * @param answers of the cluster for every object of the plan, with what it would make of it
   */
  question(environment: Known, answers: readonly Applied[]): ApprovalQuestion | undefined {
    const { settled, mode, inventory } = environment;
    const { approvalCost: limit } = this.settings;
    if (!settled || limit === undefined) return undefined;
    const planned = answers.map(({ object, outcome }) => ({ outcome, object: nameOf(object) }));
    const wanted = new Set(planned.map(({ object }) => keyOf(object)));
    const gone = inventory.filter((object) => object.kind !== 'Namespace' && !wanted.has(keyOf(object)));
    const changes = {
      create: planned.filter(({ outcome }) => outcome === 'created').map(({ object }) => object),
      change: planned.filter(({ outcome }) => outcome === 'configured').map(({ object }) => object),
      delete: gone.map(({ uid: _uid, ...object }) => object),
    };
    const costChange = this.costChange(environment);
    const why = [
      // A stop, and the way back from it, delete by what they are.
      ...(settled.mode === mode ? changes.delete.map((object) => `It deletes ${describeRef(refOfKind(object))}`) : []),
      ...(costChange && costChange.amount > limit
        ? [`A month gets dearer by ${costChange.amount} ${costChange.currency}; up to ${limit} nobody is asked`]
        : []),
    ];
    return why.length === 0 ? undefined : { changes, ...(costChange && { costChange }), why };
  }

  /** By how much a month of service gets dearer; undefined where a plan is not sold any more. */
  private costChange({ identity, settled }: Known): ApprovalQuestion['costChange'] {
    const now = monthlyPrice(this.catalogue, identity.terms);
    const before = settled && monthlyPrice(this.catalogue, settled.terms);
    return now && before && { currency: now.currency, amount: now.amount - before.amount };
  }
}
