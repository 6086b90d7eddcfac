import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Orders {
  /** Content of the output of this name. */
  readonly kubeconfig?: string;
  /** How long each resource takes. */
  readonly resourceMs?: number;
  /** The plan would make the cluster anew. */
  readonly replaces?: boolean;
  /** What a command fails with. */
  readonly failures?: Readonly<Record<string, { readonly summary: string; readonly detail?: string }>>;
}

/** A program that behaves like `terraform` on the command line. */
export class TerraformStandIn {
  readonly program = fileURLToPath(new URL('./spec-terraform.mjs', import.meta.url));
  /** Where it finds its orders: the environment variable `TF_STAND_IN`. */
  readonly file: string;

  constructor(folder: string, orders: Orders = {}) {
    this.file = join(folder, 'orders.json');
    this.order(orders);
  }

  order(orders: Orders): void {
    writeFileSync(this.file, JSON.stringify(orders));
  }

  /** What changed something, in order: `apply begins`, `apply ends`. */
  get calls(): readonly string[] {
    const log = `${this.file}.calls`;
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  }
}
