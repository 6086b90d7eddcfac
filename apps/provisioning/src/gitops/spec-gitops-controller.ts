import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Yaml } from 'cdk8s';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, type KubernetesObject, refOf } from '../kubernetes/resources.js';

const run = promisify(execFile);
const pollMs = 200;

/**
 * A small GitOps controller, outside of what it serves: it follows a repository, applies what each kustomization lists
 * and prunes what it applied once and is not listed any more, but for what says that it is to be kept.
 */
export class GitOpsController {
  private readonly applied = new Map<string, KubernetesObject>();
  private commit = '';
  private readonly stopping = new AbortController();
  private readonly working: Promise<void>;

  /** @param clone an empty folder for its own clone */
  constructor(
    private readonly remote: string,
    private readonly clone: string,
    private readonly cluster: KubernetesClient,
  ) {
    this.working = this.work();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async work(): Promise<void> {
    await run('git', ['clone', '--quiet', this.remote, this.clone]);
    while (!this.stopping.signal.aborted) {
      await run('git', ['pull', '--quiet'], { cwd: this.clone }).catch(() => undefined);
      const { stdout } = await run('git', ['log', '--format=%H', '-1'], { cwd: this.clone }).catch(() => ({
        stdout: '',
      }));
      if (stdout !== this.commit) await this.sync();
      this.commit = stdout;
      await delay(pollMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async sync(): Promise<void> {
    const files = await readdir(this.clone, { recursive: true });
    const texts: string[] = [];
    for (const file of files.filter((name) => name.endsWith('kustomization.yaml'))) {
      const listed = (await this.text(file)).matchAll(/^ {2}- (.+)$/gm);
      for (const [, resource = ''] of listed) texts.push(await this.text(join(file, '..', resource)));
    }
    // Each load is a process of its own, so that there is one for all.
    const all = join(this.clone, '.git', 'all.yaml');
    await writeFile(all, texts.join('---\n'));
    const objects = texts.length === 0 ? [] : (Yaml.load(all) as KubernetesObject[]);
    const wanted = new Map(objects.map((object) => [describeRef(refOf(object)), object]));
    for (const [name, object] of wanted) {
      await this.cluster.apply(object, { fieldManager: 'gitops-controller', force: true });
      this.applied.set(name, object);
    }
    for (const [name, object] of this.applied) {
      if (wanted.has(name)) continue;
      this.applied.delete(name);
      if (object.metadata.annotations?.['kustomize.toolkit.fluxcd.io/prune'] === 'disabled') continue;
      await this.cluster.delete(refOf(object));
    }
  }

  private text(file: string): Promise<string> {
    return readFile(join(this.clone, file), 'utf8');
  }
}
