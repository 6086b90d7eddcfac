import type { Plan } from '#libs/catalogue/src/catalogue.js';
import type { EnvironmentIdentity, EnvironmentMode } from '../domain/environment.js';

/** Everything that an environment's objects are made from. */
export interface Blueprint {
  readonly mode: EnvironmentMode;
  readonly identity: EnvironmentIdentity;
  readonly plan: Plan;
  /** Reference of the image that runs. */
  readonly image: string;
  /** Stands in the Secret and nowhere else. */
  readonly password: string;
  /** Base URL under which the page of suspended environments is served, `/suspended`. */
  readonly publicUrl: string;
}

/** Nothing runs in what has retired, so that it needs no plan; without one it has no bounds for what runs either. */
export type RetiredBlueprint = Omit<Blueprint, 'mode' | 'plan' | 'image'> & {
  readonly mode: 'retired';
  readonly plan?: Plan;
};

/** Kubernetes names of an environment's parts. */
export const names = {
  web: 'web',
  files: 'files',
  settings: 'settings',
  administrator: 'administrator',
  suspended: 'suspended',
  export: 'export',
} as const;

export function partLabels(part: string): Record<string, string> {
  return { 'app.kubernetes.io/name': part };
}

/** Says of an object whose it is: its value is the environment's id. */
export const environmentLabel = 'keiyaku.dev/environment';

/** What every object of the environment is labelled with, and its pods. */
export function environmentLabels(identity: EnvironmentIdentity): Readonly<Record<string, string>> {
  const { environmentId, externalId, namespace, terms } = identity;
  return {
    'app.kubernetes.io/managed-by': 'keiyaku',
    'app.kubernetes.io/part-of': namespace,
    [environmentLabel]: environmentId,
    'keiyaku.dev/customer': labelValue(externalId),
    'keiyaku.dev/plan': labelValue(terms.plan),
    'keiyaku.dev/region': labelValue(terms.region),
  };
}

/** `1TB` in contract words is `1T` for Kubernetes: both count in thousands. */
export function storageQuantity(quota: string): string {
  return quota.replace(/B$/, '');
}

/** A label value made of any text: at most 63 letters, digits, `-`, `_` and `.`. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
