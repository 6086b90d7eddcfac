import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import { CompleteDeletion } from '../domain/step-outcomes.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, type KubernetesObject } from '../kubernetes/resources.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { outcome, type WorkingEnvironment } from './working-environment.js';

const pollMs = 250;

/** Deletes the Namespace, and with it everything in it, and waits until nothing of it stands. */
@Injectable()
export class DeleteStep {
  constructor(
    private readonly cluster: KubernetesClient,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async delete(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { namespace: name, environmentId } = environment.identity;
    const ref = { apiVersion: 'v1', kind: 'Namespace', name };
    const found = await this.cluster.get(ref, attempt.signal);
    // What somebody else has made under the name since is not ours to delete.
    if (found?.metadata.labels?.['keiyaku.dev/environment'] !== environmentId) return gone(environment, attempt, []);
    const { uid = '' } = found.metadata;
    attempt.hold();
    await this.cluster.delete(ref, { uid, signal: attempt.signal });
    const deadline = Date.now() + this.settings.waitMs;
    for (;;) {
      const standing = await this.cluster.get(ref, attempt.signal);
      if (standing?.metadata.uid !== uid) return gone(environment, attempt, [{ kind: 'Namespace', name, uid }]);
      if (Date.now() >= deadline) throw blocked(standing);
      await delay(pollMs, undefined, { signal: attempt.signal });
    }
  }
}

function gone(
  environment: WorkingEnvironment,
  attempt: Attempt,
  objects: CompleteDeletion['data']['objects'],
): EnvironmentCommand {
  return outcome(CompleteDeletion, environment, attempt, { objects });
}

function blocked(namespace: KubernetesObject): StepFailed {
  const { conditions = [] } = (namespace['status'] ?? {}) as {
    conditions?: { type: string; status: string; message?: string }[];
  };
  const held = conditions.filter(({ status }) => status === 'True').map(({ type, message }) => message ?? type);
  return new StepFailed({
    class: 'configuration',
    object: describeRef({ apiVersion: 'v1', kind: 'Namespace', name: namespace.metadata.name }),
    reason: `The namespace is not gone${held.length === 0 ? '' : `: ${held.join('; ')}`}`,
    whatToDo: 'Mend or remove what holds it, a finalizer for example, then retry.',
  });
}
