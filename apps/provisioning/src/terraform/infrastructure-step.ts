import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { type Attempt, LeaseLost } from '../carry-out-steps/attempt.js';
import { Overtaken } from '../carry-out-steps/overtaken.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { ClusterCredentials } from '../clusters/cluster-credentials.js';
import { type ClusterState, formerCredentials } from '../domain/cluster.js';
import {
  AddCluster,
  ChangeConnection,
  clusterDecider,
  CordonCluster,
  RemoveCluster,
} from '../domain/cluster.decider.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import type { EnvironmentIdentity } from '../domain/environment.js';
import { CompleteDeletion, CompleteInfrastructure, RequestInfrastructure } from '../domain/step-outcomes.js';
import { outcome, stepDone, type WorkingEnvironment } from '../steps/working-environment.js';
import { type BuiltCluster, type ClusterWork, CustomerClusters } from './customer-cluster.js';
import { type CustomerModule, customerModule } from './customer-module.js';
import { TERRAFORM, type TerraformSettings } from './terraform-settings.js';

/** Builds the cluster of an environment whose plan has one of its own, and destroys it in the end. */
@Injectable()
export class InfrastructureStep {
  private readonly customers: CustomerClusters;

  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(TERRAFORM) settings: TerraformSettings,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly credentials: ClusterCredentials,
  ) {
    this.customers = new CustomerClusters(settings);
  }

  /**
   * What has to come before the plan; undefined when the environment needs no cluster of its own, or has it.
   * @throws StepFailed for an environment that stands somewhere else already, and where Terraform has no folder
   */
  async request(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand | undefined> {
    const { mode, identity, infrastructure, clusterId } = environment;
    const module = mode === 'retired' ? undefined : this.moduleOf(identity);
    if (!module || infrastructure?.built === module.hash) return undefined;
    if (clusterId !== undefined && !infrastructure) {
      throw new StepFailed({
        class: 'configuration',
        reason: `The plan "${identity.terms.plan}" has a cluster of its own, and the environment stands on ${clusterId}`,
        whatToDo: 'An environment stays on its cluster for life. Choose a plan without one, or sign a new contract.',
      });
    }
    // Once it is on record, a missing work folder means that this worker does not see it.
    if (infrastructure?.built === undefined) await this.customers.reserve(identity.environmentId);
    const request = { provider: 'aws-eks', cluster: module.clusterName, moduleHash: module.hash } as const;
    return stepDone(RequestInfrastructure, environment, attempt, request);
  }

  /** Runs Terraform and enters the cluster into the registry, with its credentials sealed. */
  async build(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { identity, infrastructure } = environment;
    const module = this.moduleOf(identity);
    if (module?.hash !== infrastructure?.wanted || !module) {
      throw new StepFailed({
        class: 'configuration',
        reason: 'The catalogue or the program changed since this cluster was asked for',
        whatToDo: 'Retry from the plan: it asks for what is wanted now.',
      });
    }
    const built = await this.customers.build(module, this.work(environment, attempt));
    attempt.hold();
    const clusterId = clusterIdOf(environment);
    await this.register(clusterId, module, built, environment, attempt);
    return outcome(CompleteInfrastructure, environment, attempt, { clusterId, endpoint: built.endpoint });
  }

  /**
   * The end of an environment on a cluster of its own: what stands in the cluster goes first, then the cluster.
   * @param empty deletes what stands in the cluster
   */
  async delete(
    environment: WorkingEnvironment,
    attempt: Attempt,
    empty: () => Promise<EnvironmentCommand>,
  ): Promise<EnvironmentCommand> {
    // First: without the state nothing can be destroyed, and the registry should go on showing the cluster.
    await this.customers.expectTrace(environment.identity.environmentId);
    const clusterId = clusterIdOf(environment);
    const cluster = await this.aggregates.load(clusterDecider, clusterId);
    const ours = isOf(environment, cluster);
    const stands = ours || ('connection' in cluster && environment.clusterId !== undefined);
    const deleted = stands ? await empty() : alreadyDeleted(environment, attempt);
    // Somebody else's, of the same name, stays.
    if (ours) await this.unregister(clusterId, attempt);
    // Also of one that is removed already: whoever did that may have been killed before this line.
    await this.credentials.destroy(...formerCredentials(await this.aggregates.load(clusterDecider, clusterId)));
    await this.customers.destroy(this.work(environment, attempt));
    return deleted;
  }

  private moduleOf(identity: EnvironmentIdentity): CustomerModule | undefined {
    const dedicated = this.catalogue.plans[identity.terms.plan]?.dedicatedCluster;
    return dedicated && customerModule(identity, dedicated);
  }

  /** Terraform takes minutes, in which others need the place of this environment. */
  private work({ identity }: WorkingEnvironment, attempt: Attempt): ClusterWork {
    attempt.leavePlace();
    const { signal } = attempt;
    return {
      environmentId: identity.environmentId,
      signal,
      // A process that stops lets it go on: whoever comes next waits for its lock, and nothing is half built.
      stopsWithUs: () => signal.reason instanceof Overtaken || signal.reason instanceof LeaseLost,
      hold: () => attempt.hold(),
      onProgress: ({ ready, total, pending }) => void attempt.report({ ready, total, pending }),
    };
  }

  private async register(
    clusterId: string,
    { clusterName }: CustomerModule,
    { endpoint, kubeconfig }: BuiltCluster,
    environment: WorkingEnvironment,
    attempt: Attempt,
  ): Promise<void> {
    const { identity } = environment;
    const id = stableId('cluster-credential', attempt.id, clusterId);
    await this.credentials.store(id, kubeconfig);
    const { environmentId: dedicatedTo, terms } = identity;
    const server = new URL(endpoint).origin;
    const connection = { via: 'kubeconfig', credential: { id, version: 1 }, server } as const;
    const data = { name: clusterName, regions: [terms.region], capacity: 1, dedicatedTo, connection };
    try {
      await this.commands.execute(new AddCluster(clusterId, data, attempt.context('add-cluster')));
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      const registered = await this.aggregates.load(clusterDecider, clusterId);
      if (!isOf(environment, registered)) {
        await this.credentials.destroy(id);
        throw new StepFailed({
          class: 'configuration',
          reason: `There is, or was, a cluster ${clusterId} that is not the one of this environment`,
          whatToDo:
            'Somebody took its id. Nothing of it was touched: ask for the environment anew with a new contract.',
        });
      }
      // It was changed, or an attempt before this one came so far: what Terraform answers now is how it is reached.
      const changed = { via: 'kubeconfig', credentialId: id, server } as const;
      const context = attempt.context('change-connection');
      await this.commands.execute(new ChangeConnection(clusterId, { connection: changed }, context));
      await this.credentials.destroy(...formerCredentials(await this.aggregates.load(clusterDecider, clusterId)));
    }
  }

  private async unregister(clusterId: string, attempt: Attempt): Promise<void> {
    await this.commands.execute(new CordonCluster(clusterId, {}, attempt.context('cordon-cluster')));
    const empty = { environments: 0, settleMs: 0 };
    await this.commands.execute(new RemoveCluster(clusterId, empty, attempt.context('remove-cluster')));
  }
}

/** Where it stands, once it does: ids were shorter once. */
function clusterIdOf({ clusterId, identity }: WorkingEnvironment): string {
  return clusterId ?? `dedicated-${identity.environmentId}`;
}

/** Whether the registered cluster stands, and for this environment alone. */
function isOf({ identity }: WorkingEnvironment, cluster: ClusterState): boolean {
  return 'connection' in cluster && cluster.dedicatedTo === identity.environmentId;
}

/** The attempt before this one came further than to the objects; what is known to have stood is gone. */
function alreadyDeleted(environment: WorkingEnvironment, attempt: Attempt): EnvironmentCommand {
  const objects = environment.inventory.flatMap(({ uid, ...name }) => (uid === undefined ? [] : [{ ...name, uid }]));
  return outcome(CompleteDeletion, environment, attempt, { objects });
}
