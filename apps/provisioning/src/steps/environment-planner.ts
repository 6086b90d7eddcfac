import { Inject, Injectable } from '@nestjs/common';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { EnvironmentCredentials } from '../credentials/environment-credentials.js';
import type { CredentialName, EnvironmentIdentity, Known } from '../domain/environment.js';
import type { Blueprint } from '../manifests/blueprint.js';
import { type EnvironmentPlan, planEnvironment } from '../manifests/plan.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import type { WorkingEnvironment } from './working-environment.js';

type WholePlan = EnvironmentPlan & { readonly credential: CredentialName };

/** Nothing of a plan is stored but its hash, so no secret is: a worker that begins later works it out anew. */
@Injectable()
export class EnvironmentPlanner {
  /** Of environments in hand. Gone with them. */
  private readonly plans = new WeakMap<EnvironmentIdentity, WholePlan>();

  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly credentials: EnvironmentCredentials,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /** @throws StepFailed when the contract names what is not sold */
  async plan(environment: Pick<Known, 'identity' | 'version' | 'mode'>): Promise<WholePlan> {
    const { identity, mode } = environment;
    // What ends does so also when its plan has left the catalogue: nothing runs in it that a plan would size.
    const sold = mode === 'retired' ? { mode, ...this.offered(environment) } : { mode, ...this.sold(environment) };
    const { name, password } = await this.credentials.ensure(identity.environmentId);
    const { publicUrl } = this.settings;
    const made = { ...planEnvironment({ identity, ...sold, password, publicUrl }), credential: name };
    this.plans.set(identity, made);
    return made;
  }

  /** Undefined when the plan is not sold any more. */
  offered({ identity, version }: Pick<Known, 'identity' | 'version'>): Pick<Blueprint, 'plan' | 'image'> | undefined {
    const plan = this.catalogue.plans[identity.terms.plan];
    if (!plan) return undefined;
    const image = version?.image ?? plan.images[0];
    if (image === undefined) throw new Error(`The plan ${identity.terms.plan} has no image.`);
    return { plan, image };
  }

  /** @throws StepFailed when the contract names what is not sold */
  private sold(environment: Pick<Known, 'identity' | 'version'>): Pick<Blueprint, 'plan' | 'image'> {
    const { plan, region } = environment.identity.terms;
    const offered = this.offered(environment);
    if (!offered) throw notSold('plan', plan, Object.keys(this.catalogue.plans));
    if (!this.catalogue.regions[region]) throw notSold('region', region, Object.keys(this.catalogue.regions));
    return offered;
  }

  /** Versions of what runs, newest first; none where the plan is not sold. */
  imagesOf({ terms }: EnvironmentIdentity): readonly string[] {
    return this.catalogue.plans[terms.plan]?.images ?? [];
  }

  /**
   * The plan that was recorded and checked.
   * @throws StepFailed when the catalogue or the program would plan something else by now
   */
  async recorded(environment: WorkingEnvironment): Promise<EnvironmentPlan> {
    const now = this.plans.get(environment.identity) ?? (await this.plan(environment));
    if (now.hash === environment.plan?.hash) return now;
    throw new StepFailed({
      class: 'configuration',
      reason: 'The catalogue or the program changed since this environment was planned',
      whatToDo: 'Retry: the environment is planned and checked again.',
    });
  }
}

function notSold(what: string, name: string, sold: readonly string[]): StepFailed {
  return new StepFailed({
    class: 'configuration',
    reason: `The catalogue has no ${what} "${name}"`,
    whatToDo: `Correct the contract to one of ${sold.join(', ')}, or add the ${what} to the catalogue, then retry.`,
  });
}
