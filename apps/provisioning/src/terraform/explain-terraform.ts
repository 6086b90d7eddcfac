import type { StepFailed } from '../carry-out-steps/step-failed.js';
import type { FailureClass } from '#libs/events/src/provisioning.js';

/** What Terraform says of an error, as it stands in its `-json` output. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail?: string;
  /** Of the resource, `aws_eks_cluster.cust-2025-001_cluster`. */
  readonly address?: string;
}

interface Rule {
  readonly signs: RegExp;
  readonly class: FailureClass;
  readonly whatToDo: string;
}

/** The first that fits counts. */
const rules: readonly Rule[] = [
  {
    signs: /acquiring the state lock|saved plan is stale/i,
    class: 'transient',
    whatToDo:
      'Another terraform works on this customer. The work goes on by itself when that has ended; if none runs any ' +
      'more, release the lock with `terraform force-unlock`.',
  },
  {
    signs: /throttl|rate exceeded|request ?limit ?exceeded|too ?many ?requests|\b429\b|slow ?down/i,
    class: 'transient',
    whatToDo: 'The provider limits its API. The work goes on by itself.',
  },
  {
    signs: /insufficient(instance|host)?capacity|insufficient.*(capacity|addresses)|unsupported ?availability ?zone/i,
    class: 'resource_shortage',
    whatToDo: 'Choose other subnets or another instance type in the catalogue, or wait until there is capacity.',
  },
  {
    signs: /(limit|quota) ?exceeded|exceed(s|ed)? .*(quota|limit)|maximum number of|service quota/i,
    class: 'resource_shortage',
    whatToDo: 'Ask the provider for a higher quota. The work goes on by itself when there is room.',
  },
  {
    signs: /invalid.*region|region.*(invalid|not (valid|enabled|supported))|opt-?in ?required/i,
    class: 'configuration',
    whatToDo: 'Correct the region of the contract or of the catalogue, or enable it in the account, then retry.',
  },
  {
    signs:
      /access ?denied|unauthorized|not authorized|forbidden|credential|expired ?token|invalid ?client ?token|security token|signature ?does ?not ?match|assume.*role|\b40[13]\b/i,
    class: 'configuration',
    whatToDo: "Correct the account's credentials, role or permissions for Terraform, then retry.",
  },
  {
    signs:
      /could not connect|connection (refused|reset)|no such host|timed? ?out|timeout|deadline exceeded|service ?unavailable|internal ?(server ?)?(error|failure)|\b50[0234]\b|tls handshake|unexpected eof/i,
    class: 'transient',
    whatToDo: 'Check that the provider and the registry of Terraform are reachable. The work goes on by itself.',
  },
];

const longest = 500;

/** Of several errors the one counts that somebody has to mend; the others may follow from it. */
export function explainTerraform(command: string, diagnostics: readonly Diagnostic[]): StepFailed['failure'] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map((error) => explain(command, error));
  const order: readonly FailureClass[] = ['configuration', 'resource_shortage', 'transient'];
  const [first] = errors.toSorted((one, other) => order.indexOf(one.class) - order.indexOf(other.class));
  return (
    first ?? {
      class: 'transient',
      reason: `terraform ${command} ended without saying why`,
      whatToDo: 'The work is tried again. If it stays so, run terraform in the work folder by hand.',
    }
  );
}

function explain(command: string, { summary, detail = '', address }: Diagnostic): StepFailed['failure'] {
  const said = `${summary}: ${detail}`.replace(/\s+/g, ' ').replace(/: $/, '').trim();
  const rule = rules.find(({ signs }) => signs.test(said));
  return {
    class: rule?.class ?? 'configuration',
    ...(address !== undefined && { object: address }),
    reason: `terraform ${command} failed: ${said.length > longest ? `${said.slice(0, longest)}…` : said}`,
    whatToDo: rule?.whatToDo ?? 'Correct what it names in the catalogue or in the account, then retry.',
  };
}
