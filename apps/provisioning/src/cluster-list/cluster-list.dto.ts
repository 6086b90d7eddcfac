import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '#libs/http/src/paging.js';
import type { ClusterConnection } from '#libs/events/src/provisioning.js';
import type { ClusterStatus } from '../domain/cluster.js';

const statuses = ['open', 'cordoned', 'draining'] as const satisfies readonly ClusterStatus[];
const ways = ['kubeconfig', 'in_cluster', 'process'] as const satisfies readonly ClusterConnection['via'][];
const healths = ['answers', 'away', 'not_asked'] as const;

class ClusterHealth {
  @ApiProperty({ enum: healths, description: 'not_asked: the process that answers has not needed it so far.' })
  readonly state: (typeof healths)[number];

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Since when it has been away.' })
  readonly awaySince: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it counts as away.' })
  readonly reason: string | null;
}

export class ClusterView {
  @ApiProperty({ example: 'tokyo-2' }) readonly id: string;
  @ApiProperty({ example: 'Tokyo 2' }) readonly name: string;
  @ApiProperty({ enum: statuses, description: 'New environments are placed on open ones only.' })
  readonly status: ClusterStatus;
  @ApiProperty({ type: [String], description: 'Regions that it serves; every region when there is none.' })
  readonly regions: readonly string[];
  @ApiProperty({ type: Number, nullable: true, description: 'How many environments fit; null without a limit.' })
  readonly capacity: number | null;
  @ApiProperty({ description: 'How many environments stand there.' }) readonly environments: number;
  @ApiProperty({ type: Number, nullable: true, description: 'How many more fit; null without a limit.' })
  readonly free: number | null;
  @ApiProperty({ type: ClusterHealth }) readonly health: ClusterHealth;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The one environment it is there for.' })
  readonly dedicatedTo: string | null;
  @ApiProperty({ enum: ways, description: 'process: by the KUBECONFIG of provisioning.' })
  readonly via: ClusterConnection['via'];
  @ApiProperty({ type: String, nullable: true, example: 'https://10.0.0.5:6443' }) readonly server: string | null;
  @ApiProperty({ type: String, nullable: true }) readonly cordonReason: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) readonly cordonedAt: string | null;
  @ApiProperty({ format: 'date-time' }) readonly addedAt: string;
  @ApiProperty({ description: 'The same number stands in ETag.' }) readonly revision: number;
}

export class ClusterPage extends PageOf(ClusterView) {}
