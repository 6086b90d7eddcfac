import type { EnvironmentEvents } from './provisioning.js';

type NeedsAttention = EnvironmentEvents['environment.needs_attention'];

/** How events of older schema versions are read: by type, by the version that is lifted. */
export const eventUpcasters = {
  'administrator.added': {
    // Nobody recorded which change of the user it belonged to.
    1: (data: object): object => data,
  },
  'administrator.removed': {
    1: (data: object): object => data,
  },
  'environment.applied': {
    // Nothing was ever pruned before.
    1: (data: object): object => data,
  },
  'environment.retry_requested': {
    // Every retry began with the plan, as it does where no step is named.
    1: (data: object): object => data,
  },
  'user.deleted': {
    // Nobody could be named who takes over.
    1: (data: object): object => data,
  },
  'environment.needs_attention': {
    // Before failures had a class, every one of them waited for somebody's correction.
    1: (data: object): NeedsAttention => ({ ...(data as Omit<NeedsAttention, 'class'>), class: 'configuration' }),
  },
};
