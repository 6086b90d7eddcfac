import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { CustomerModule } from './customer-module.js';
import { lostClusters, type TerraformProgress } from './terraform-messages.js';
import { terraform, type TerraformRun } from './terraform-program.js';
import type { TerraformSettings } from './terraform-settings.js';

export interface BuiltCluster {
  /** Address of its API server. */
  readonly endpoint: string;
  /** Secret. */
  readonly kubeconfig: string;
}

export interface ClusterWork {
  readonly environmentId: string;
  readonly signal: AbortSignal;
  /** Whether a running terraform is to be stopped when `signal` aborts. */
  readonly stopsWithUs: () => boolean;
  /** Called before each change; throws when the lease is gone. */
  readonly hold: () => void;
  readonly onProgress: (progress: TerraformProgress) => void;
}

/**
 * Builds and destroys the clusters of customers with Terraform. Each has a work folder, with its state, of its own. A
 * worker that does not see it could build a second cluster or believe that nothing is left to destroy, so the folder is
 * made before anything else is on record, and what was destroyed leaves an empty file in its place.
 */
export class CustomerClusters {
  constructor(private readonly settings: TerraformSettings) {}

  /** Makes the work folder of a cluster that is to be asked for. @throws StepFailed where there is no place for it */
  async reserve(environmentId: string): Promise<void> {
    const folder = this.folderOf(environmentId);
    await rm(tombstoneOf(folder), { force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  }

  /**
   * That the cluster can be destroyed, or was, as far as its work folder tells.
   * @throws StepFailed when there is neither the folder nor what a destroyed cluster leaves
   */
  async expectTrace(environmentId: string): Promise<void> {
    const folder = this.folderOf(environmentId);
    if (!(await exists(folder)) && !(await exists(tombstoneOf(folder)))) throw missing(folder);
  }

  /**
   * Builds the cluster, or changes it to what the module says now. It can be repeated at every point: a terraform that
   * still runs for the customer is waited for.
   * @throws StepFailed
   */
  async build(module: CustomerModule, work: ClusterWork): Promise<BuiltCluster> {
    const folder = await this.prepare(module, work.environmentId);
    const run = this.run(folder, work);
    work.hold();
    await terraform(['init', '-input=false', '-json'], run);
    const planned = await terraform(['plan', '-input=false', '-json', lockTimeout(run), '-out=plan'], run);
    refuseLoss(lostClusters(planned));
    work.hold();
    await terraform(['apply', '-input=false', '-json', lockTimeout(run), 'plan'], run);
    return outputsOf(await terraform(['output', '-json'], run));
  }

  /**
   * Destroys everything that was built, and forgets the work folder. Nothing happens where that was done already.
   * @throws StepFailed also when nothing shows what was built
   */
  async destroy(work: ClusterWork): Promise<void> {
    await this.expectTrace(work.environmentId);
    const folder = this.folderOf(work.environmentId);
    const tombstone = tombstoneOf(folder);
    if (!(await exists(tombstone))) {
      // Where no module was ever put in, nothing was begun.
      if ((await readdir(folder)).length > 0) await this.destroyAll(folder, work);
      await writeFile(tombstone, '', { mode: 0o600 });
    }
    await rm(folder, { recursive: true, force: true });
  }

  private async destroyAll(folder: string, work: ClusterWork): Promise<void> {
    const run = this.run(folder, work);
    work.hold();
    await terraform(['init', '-input=false', '-json'], run);
    work.hold();
    await terraform(['destroy', '-auto-approve', '-input=false', '-json', lockTimeout(run)], run);
  }

  private run(folder: string, { signal, stopsWithUs, onProgress }: ClusterWork): TerraformRun {
    const { program, patienceMs } = this.settings;
    return { program, folder, signal, stopsWithUs, onProgress, deadline: Date.now() + patienceMs };
  }

  /** The work folder with this module in it and no other one. */
  private async prepare({ fileName, text }: CustomerModule, environmentId: string): Promise<string> {
    const folder = this.folderOf(environmentId);
    if (!(await exists(folder))) throw missing(folder);
    for (const name of await readdir(folder)) {
      if (name.endsWith('.tf.json') && name !== fileName) await rm(join(folder, name));
    }
    const fresh = join(folder, `${fileName}.new`);
    await writeFile(fresh, text, { mode: 0o600 });
    await rename(fresh, join(folder, fileName));
    return folder;
  }

  private folderOf(environmentId: string): string {
    const { dir } = this.settings;
    if (!isAbsolute(dir)) {
      throw new StepFailed({
        class: 'configuration',
        reason: 'There is no folder for the work of Terraform',
        whatToDo: 'Set TERRAFORM_DIR to the absolute path of a folder that every worker sees; then retry.',
      });
    }
    return join(dir, environmentId);
  }
}

/** What a destroyed cluster leaves; the state has secrets, so nothing else of the folder stays. */
function tombstoneOf(folder: string): string {
  return `${folder}.destroyed`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function missing(folder: string): StepFailed {
  return new StepFailed({
    class: 'configuration',
    object: folder,
    reason: 'The work folder of the cluster is missing, and with it the state that says what was built',
    whatToDo:
      'Check that TERRAFORM_DIR is the same folder for every worker and is mounted here, or restore the work folder ' +
      'from a backup. If nothing was built yet, retry from the plan. If the cluster was destroyed by hand, make an ' +
      `empty file ${tombstoneOf(folder)}. Then retry.`,
  });
}

/** Another terraform, left by a worker that was killed, may go on for as long as we would ourselves. */
function lockTimeout({ deadline }: TerraformRun): `-${string}` {
  return `-lock-timeout=${Math.max(1, Math.floor((deadline - Date.now()) / 1_000))}s`;
}

/** The customer's data lies in the cluster. */
function refuseLoss([cluster]: readonly string[]): void {
  if (cluster === undefined) return;
  throw new StepFailed({
    class: 'configuration',
    object: cluster,
    reason: 'Terraform would delete the cluster and make another one, and the data of the customer with it',
    whatToDo:
      "Undo the change of the plan's dedicatedCluster or of the region, or move the customer by hand; then retry.",
  });
}

function outputsOf(text: string): BuiltCluster {
  const outputs = JSON.parse(text) as Readonly<Record<string, { readonly value?: unknown }>>;
  const [endpoint, kubeconfig] = ['endpoint', 'kubeconfig'].map((name) => outputs[name]?.value);
  if (typeof endpoint === 'string' && typeof kubeconfig === 'string') return { endpoint, kubeconfig };
  throw new StepFailed({
    class: 'configuration',
    reason: 'Terraform built the cluster, but its state has no endpoint or no kubeconfig',
    whatToDo: 'Look into the state in the work folder with `terraform output`; then retry.',
  });
}
