import { integer, readEnv, text } from '#libs/http/src/env.js';

/** How clusters are built for customers whose plan has one of their own. */
export interface TerraformSettings {
  /** `terraform`, or where it is. */
  readonly program: string;
  /** Work folders and states of all customers; every worker has to see the same. */
  readonly dir: string;
  /** How long a cluster may take to be built or destroyed. */
  readonly patienceMs: number;
}

export const TERRAFORM = Symbol('terraform settings');

/** @throws EnvError */
export function terraformSettings(env: NodeJS.ProcessEnv = process.env): TerraformSettings {
  const { TERRAFORM_BIN, TERRAFORM_DIR, TERRAFORM_SECONDS } = readEnv(
    {
      TERRAFORM_BIN: text({ default: 'terraform' }),
      TERRAFORM_DIR: text({ default: '' }),
      TERRAFORM_SECONDS: integer({ default: 1_800, min: 1, max: 86_400 }),
    },
    env,
  );
  return { program: TERRAFORM_BIN, dir: TERRAFORM_DIR, patienceMs: TERRAFORM_SECONDS * 1_000 };
}
