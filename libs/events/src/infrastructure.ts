import type { Attempt } from './environment.js';
import type { EventTable } from './event-table.js';

/** Of environments that stand on a cluster of their own. They are events of the environment. */
export interface InfrastructureEvents {
  /** The cluster has to be built, or changed, first. */
  'environment.infrastructure_requested': Attempt & {
    readonly provider: 'aws-eks';
    /** Its name at the provider, `cust-2025-001-cluster`. */
    readonly cluster: string;
    /** SHA-256 of the Terraform module. */
    readonly moduleHash: string;
  };
  'environment.infrastructure_ready': Attempt & {
    /** Under which it stands in the registry of clusters. */
    readonly clusterId: string;
    /** Address of its API server. */
    readonly endpoint: string;
  };
}

export const infrastructureEvents: EventTable<InfrastructureEvents> = {
  'environment.infrastructure_requested': {
    version: 1,
    description: "The environment's own cluster has to be built or changed.",
  },
  'environment.infrastructure_ready': { version: 1, description: "The environment's own cluster stands." },
};
