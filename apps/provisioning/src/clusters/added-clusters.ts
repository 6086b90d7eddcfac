import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { ClusterConnection } from '#libs/events/src/provisioning.js';
import { AddCluster } from '../domain/cluster.decider.js';
import { KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubeconfigSource } from '../kubernetes/transport.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { ClusterCredentials } from './cluster-credentials.js';
import type { AddClusterDto } from './clusters.dto.js';
import { givenKubeconfig } from './given-kubeconfig.js';

/** Adds clusters: looks whether each lets us in, and keeps its kubeconfig sealed before the event that names it. */
@Injectable()
export class AddedClusters {
  constructor(
    private readonly commands: CommandBus,
    private readonly credentials: ClusterCredentials,
  ) {}

  /** @throws ProblemError, CommandRefused */
  async add(
    { id, name, regions = [], capacity, dedicatedTo, kubeconfig }: AddClusterDto,
    context: CommandContext,
  ): Promise<Committed> {
    // The same request names the same credential.
    const credentialId = stableId('cluster-credential', context.commandId);
    const connection = await this.tried(kubeconfig, credentialId);
    if (kubeconfig !== undefined) await this.credentials.store(credentialId, kubeconfig);
    const limits = { ...(capacity !== undefined && { capacity }), ...(dedicatedTo !== undefined && { dedicatedTo }) };
    try {
      const done: Committed = await this.commands.execute(
        new AddCluster(id, { name, regions, ...limits, connection }, context),
      );
      return done;
    } catch (error) {
      if (error instanceof CommandRefused) await this.credentials.destroy(credentialId);
      throw error;
    }
  }

  private async tried(kubeconfig: string | undefined, credentialId: string): Promise<ClusterConnection> {
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
    return { via: 'kubeconfig', credential: { id: credentialId, version: 1 }, server: given.server };
  }
}

/** Reads something that provisioning has to read anyway. */
async function insistOnAccess(source: KubeconfigSource): Promise<void> {
  const client = await KubernetesClient.connect(source);
  try {
    await client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'default' });
  } catch (error) {
    if (error instanceof KubernetesUnreachable || error instanceof KubernetesApiError) {
      const detail = `${error.message}. Check the address, the certificates and the permissions, then add it again.`;
      throw provisioningProblem('cluster_not_usable', detail);
    }
    throw error;
  } finally {
    client.close();
  }
}
