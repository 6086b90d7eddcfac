import { Turns } from '#libs/event-sourcing/src/turns.js';
import { defaultCluster } from '../domain/cluster.js';
import type { EnvironmentIdentity, Known } from '../domain/environment.js';
import { type FolderChange, removeFolders, writeFolder } from './environment-folder.js';
import type { FolderContent } from './folder-content.js';
import { GitWorkTree } from './git-work-tree.js';
import type { GitOpsSettings } from './gitops-settings.js';

/** An environment, and the cluster that it was placed on, which the controller of that cluster looks for. */
type Placed = Pick<Known, 'identity' | 'clusterId'>;

/** The folder of all environments. Changes of this process are made and committed one after the other. */
export class GitOpsFolder {
  private readonly turns = new Turns(1);
  private workTree: Promise<GitWorkTree | undefined> | undefined;

  constructor(private readonly settings: GitOpsSettings) {}

  /**
   * Makes the environment's folder hold this, and commits it where the folder is in a work tree of git.
   * @param hold called just before the change; throws when the lease is gone
   * @throws StepFailed when git can't
   */
  async write({ identity, clusterId }: Placed, content: FolderContent, hold: () => void): Promise<FolderChange> {
    const { namespace } = identity;
    const place = { root: this.settings.dir, cluster: clusterId ?? defaultCluster, namespace };
    return this.inTurn(hold, async () => {
      const change = await writeFolder(place, content.files);
      await this.commit(identity, change.paths, 'written');
      return change;
    });
  }

  /** Removes the environment's folder, and commits that. @throws StepFailed when git can't */
  async remove({ identity, clusterId }: Placed, hold: () => void): Promise<void> {
    const { namespace } = identity;
    await this.inTurn(hold, async () => {
      const removed = await removeFolders(this.settings.dir, namespace);
      // A process that was killed may have left it removed and not committed.
      await this.commit(identity, [...new Set([...removed, `${clusterId ?? defaultCluster}/${namespace}`])], 'removed');
    });
  }

  private async inTurn<Result>(hold: () => void, work: () => Promise<Result>): Promise<Result> {
    const end = await this.turns.enter();
    try {
      hold();
      return await work();
    } finally {
      end();
    }
  }

  private async commit(identity: EnvironmentIdentity, paths: readonly string[], what: string): Promise<void> {
    const { contractId, environmentId, namespace, externalId } = identity;
    const workTree = await this.opened();
    const subject = `${externalId}: ${namespace} ${what}`.replace(/\p{Cc}+/gu, ' ');
    await workTree?.commit(paths, `${subject}\n\nContract: ${contractId}\nEnvironment: ${environmentId}`);
  }

  /** What stood in the way may be mended before the next try. */
  private opened(): Promise<GitWorkTree | undefined> {
    this.workTree ??= GitWorkTree.open(this.settings.dir, this.settings).catch((error: unknown) => {
      this.workTree = undefined;
      throw error;
    });
    return this.workTree;
  }
}
