import type { Diagnostic } from './explain-terraform.js';

/** How far a run of Terraform is, from the lines of its `-json` output. */
export class TerraformProgress {
  readonly diagnostics: Diagnostic[] = [];
  private planned = 0;
  private done = 0;
  private waitsForLock = false;
  private readonly running = new Map<string, string>();

  /** Takes one line. Answers whether it told something new. What is no message is passed over. */
  take(line: string): boolean {
    const message = parse(line);
    if (!message) return false;
    const { hook } = message;
    const address = hook?.resource?.addr ?? '';
    switch (message.type) {
      case 'diagnostic':
        if (message.diagnostic) this.diagnostics.push(message.diagnostic);
        return false;
      case 'state_lock_acquire':
        this.waitsForLock = true;
        return true;
      case 'planned_change':
        this.planned += 1;
        return false;
      case 'apply_start':
        this.waitsForLock = false;
        this.running.set(address, `${address}: ${hook?.action ?? 'change'} began`);
        return true;
      case 'apply_progress':
        this.running.set(address, `${address}: ${hook?.action ?? 'change'} for ${hook?.elapsed_seconds ?? 0} s`);
        return true;
      case 'apply_complete':
        this.done += 1;
        this.running.delete(address);
        return true;
      case 'apply_errored':
        this.running.delete(address);
        return true;
      default:
        return false;
    }
  }

  get ready(): number {
    return this.done;
  }

  get total(): number {
    return Math.max(this.planned, this.done + this.running.size);
  }

  get pending(): readonly string[] {
    return this.waitsForLock ? ['another terraform works on this customer'] : [...this.running.values()];
  }
}

interface Message {
  readonly type?: string;
  readonly diagnostic?: Diagnostic;
  readonly change?: {
    readonly resource?: { readonly addr?: string; readonly resource_type?: string };
    readonly action?: string;
  };
  readonly hook?: {
    readonly resource?: { readonly addr?: string };
    readonly action?: string;
    readonly elapsed_seconds?: number;
  };
}

/** Clusters that a plan would delete, or delete and make anew, from its output. */
export function lostClusters(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => {
    const { type, change } = parse(line) ?? {};
    const loses = type === 'planned_change' && ['delete', 'replace'].includes(change?.action ?? '');
    const { resource_type: kind, addr = '' } = change?.resource ?? {};
    return loses && kind === 'aws_eks_cluster' ? [addr] : [];
  });
}

function parse(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    // Warnings of the command line itself come as plain text between the messages.
    return undefined;
  }
}
