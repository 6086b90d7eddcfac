import { accessSync, constants, statSync } from 'node:fs';
import { EnvError, integer, oneOf, readEnv, text } from '#libs/http/src/env.js';

/** Manifests are written for a GitOps controller, which applies them. */
export interface GitOpsSettings {
  /** The folder of all environments, typically a clone that somebody else syncs. */
  readonly dir: string;
  /** Whether what was committed is pushed to the branch's remote. */
  readonly push: boolean;
  /** How long the controller may take until what was written stands in the cluster. */
  readonly syncMs: number;
}

/** Undefined where we apply manifests ourselves. @throws EnvError */
export function gitOpsSettings(env: NodeJS.ProcessEnv = process.env): GitOpsSettings | undefined {
  const { PROVISIONING_OUTPUT } = readEnv(
    { PROVISIONING_OUTPUT: oneOf(['apply', 'gitops'], { default: 'apply' }) },
    env,
  );
  if (PROVISIONING_OUTPUT === 'apply') return undefined;
  const { GITOPS_DIR, GITOPS_PUSH, GITOPS_SYNC_SECONDS } = readEnv(
    {
      GITOPS_DIR: text({ expected: 'the folder that manifests are written to' }),
      GITOPS_PUSH: oneOf(['true', 'false'], { default: 'false' }),
      GITOPS_SYNC_SECONDS: integer({ default: 600, min: 1, max: 86_400 }),
    },
    env,
  );
  const trouble = whyNotWritable(GITOPS_DIR);
  if (trouble !== undefined) {
    throw new EnvError([`GITOPS_DIR is not usable (${trouble}). Set it to a folder that exists and can be written.`]);
  }
  return { dir: GITOPS_DIR, push: GITOPS_PUSH === 'true', syncMs: GITOPS_SYNC_SECONDS * 1_000 };
}

function whyNotWritable(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return 'ENOTDIR';
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
