import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Committed } from '#libs/event-sourcing/src/command.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { clusterListProjection } from '../cluster-list/cluster-list.projection.js';
import { defaultCluster } from '../domain/cluster.js';
import { AddCluster } from '../domain/cluster.decider.js';

const againMs = 1_000;

/** At the first start ever, the cluster of the process's kubeconfig is added by itself, for every region. */
@Injectable()
export class DefaultCluster implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('clusters');
  private readonly stopping = new AbortController();
  private adding: Promise<Committed | undefined> = Promise.resolve(undefined);
  private shown: Promise<void> | undefined;

  constructor(
    private readonly commands: CommandBus,
    private readonly contexts: ContextRegistry,
  ) {}

  onApplicationBootstrap(): void {
    this.adding = this.add(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.adding;
  }

  /** Resolves when it is in the log and the list of clusters shows it. @throws ReadModelBehind */
  added(): Promise<void> {
    this.shown ??= this.untilShown().catch((error: unknown) => {
      this.shown = undefined;
      throw error;
    });
    return this.shown;
  }

  private async untilShown(): Promise<void> {
    const done = await this.adding;
    if (done) await this.contexts.readModels.awaitPosition(clusterListProjection.name, done.position);
  }

  /** Every start asks for it under the same command id, so that it happens once, also after it was removed. */
  private async add(signal: AbortSignal): Promise<Committed | undefined> {
    const commandId = stableId('cluster', defaultCluster);
    while (!signal.aborted) {
      const context = {
        commandId,
        correlationId: commandId,
        actor: { id: 'process:provisioning', role: 'SERVICE' },
        occurredAt: new Date().toISOString(),
      };
      const data = { name: 'Default', regions: [], connection: { via: 'process' } } as const;
      try {
        const done: Committed = await this.commands.execute(new AddCluster(defaultCluster, data, context));
        return done;
      } catch (error) {
        // Somebody added one of this name by hand.
        if (error instanceof CommandRefused) return undefined;
        this.logger.warn({ err: error }, `The default cluster can't be added yet; it is tried again in ${againMs} ms`);
        await delay(againMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }
}
