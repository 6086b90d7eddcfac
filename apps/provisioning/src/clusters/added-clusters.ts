import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { formerCredentials } from '../domain/cluster.js';
import { AddCluster, ChangeConnection, clusterDecider, type NewConnection } from '../domain/cluster.decider.js';
import { KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubeconfigSource } from '../kubernetes/transport.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { ClusterCredentials, CredentialDestroyed } from './cluster-credentials.js';
import type { AddClusterDto } from './clusters.dto.js';
import { givenKubeconfig } from './given-kubeconfig.js';

/** How clusters are reached: it is tried first, and a kubeconfig is kept sealed before the event that names it. */
@Injectable()
export class AddedClusters {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly credentials: ClusterCredentials,
  ) {}

  /** @throws ProblemError, CommandRefused */
  async add(
    { id, name, regions = [], capacity, dedicatedTo, kubeconfig }: AddClusterDto,
    context: CommandContext,
  ): Promise<Committed> {
    const limits = { ...(capacity !== undefined && { capacity }), ...(dedicatedTo !== undefined && { dedicatedTo }) };
    return this.withConnection(id, kubeconfig, context, (reached) => {
      const connection =
        reached.via === 'kubeconfig'
          ? ({
              via: reached.via,
              credential: { id: reached.credentialId, version: 1 },
              server: reached.server,
            } as const)
          : reached;
      return new AddCluster(id, { name, regions, ...limits, connection }, context);
    });
  }

  /**
   * Reaches the same cluster in another way from now on; what it was reached by before is destroyed.
   * @throws ProblemError, CommandRefused
   */
  async reconnect(id: string, kubeconfig: string | undefined, context: CommandContext): Promise<Committed> {
    const done = await this.withConnection(id, kubeconfig, context, (connection) => {
      return new ChangeConnection(id, { connection }, context);
    });
    await this.destroyFormer(id);
    return done;
  }

  /** Destroys what nothing of the cluster's stream needs any more, also when whoever should have done so was killed. */
  async destroyFormer(id: string): Promise<void> {
    await this.credentials.destroy(...formerCredentials(await this.aggregates.load(clusterDecider, id)));
  }

  private async withConnection(
    id: string,
    kubeconfig: string | undefined,
    context: CommandContext,
    command: (connection: NewConnection) => AddCluster | ChangeConnection,
  ): Promise<Committed> {
    // The same request names the same credential; one for another cluster never does.
    const credentialId = stableId('cluster-credential', context.commandId, id);
    const connection = await tried(kubeconfig, credentialId);
    if (kubeconfig !== undefined) await this.store(credentialId, kubeconfig);
    try {
      const done: Committed = await this.commands.execute(command(connection));
      return done;
    } catch (error) {
      if (error instanceof CommandRefused) await this.credentials.destroy(credentialId);
      throw error;
    }
  }

  private async store(credentialId: string, kubeconfig: string): Promise<void> {
    try {
      await this.credentials.store(credentialId, kubeconfig);
    } catch (error) {
      if (!(error instanceof CredentialDestroyed)) throw error;
      const detail =
        'The kubeconfig of this request was destroyed: the request was refused before, or what it asked for is over. ' +
        'Send it with another Idempotency-Key.';
      throw provisioningProblem('kubeconfig_unusable', detail);
    }
  }
}

async function tried(kubeconfig: string | undefined, credentialId: string): Promise<NewConnection> {
  if (kubeconfig === undefined) {
    if (!process.env['KUBERNETES_SERVICE_HOST']) {
      const detail = 'Provisioning does not run in a pod of a cluster. Give a kubeconfig.';
      throw provisioningProblem('kubeconfig_unusable', detail);
    }
    await insistOnAccess({ via: 'in_cluster' });
    return { via: 'in_cluster' };
  }
  const given = await givenKubeconfig(kubeconfig);
  if ('mistake' in given) throw provisioningProblem('kubeconfig_unusable', given.mistake);
  await insistOnAccess({ text: kubeconfig });
  return { via: 'kubeconfig', credentialId, server: given.server };
}

/** Reads something that provisioning has to read anyway. */
async function insistOnAccess(source: KubeconfigSource): Promise<void> {
  const client = await KubernetesClient.connect(source);
  try {
    await client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'default' });
  } catch (error) {
    if (error instanceof KubernetesUnreachable || error instanceof KubernetesApiError) {
      const detail = `${error.message}. Check the address, the certificates and the permissions, then send it again.`;
      throw provisioningProblem('cluster_not_usable', detail);
    }
    throw error;
  } finally {
    client.close();
  }
}
