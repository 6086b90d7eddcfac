import type { RawEvent } from '../faults/raw-log.js';

/** Where an environment stands after its events: `working` is on its way. */
export type Standing = 'working' | 'ready' | 'needs_attention';

const standings: Readonly<Record<string, Standing>> = {
  'environment.requested': 'working',
  'environment.step_started': 'working',
  'environment.step_failed': 'working',
  'environment.version_replaced': 'working',
  'environment.resumed': 'working',
  'environment.ready': 'ready',
  'environment.needs_attention': 'needs_attention',
};

/** What an event makes of an environment; undefined when it stays where it is. */
export function standingAfter(type: string): Standing | undefined {
  return standings[type];
}

/** Sees the log and knows whether everything has come to an end. */
export class Progress {
  /** When something came to its end for the last time; of `Date.now()`. */
  movedAt = Date.now();
  private readonly environments = new Map<string, { readonly externalId: string; standing: Standing; last: string }>();
  private readonly unsent = new Set<string>();
  /** Ready environments whose customer has not been written to. */
  private readonly untold = new Set<string>();

  see({ type, data }: RawEvent): void {
    const { environmentId = '', externalId = '', deliveryId = '' } = data as Readonly<Record<string, string>>;
    if (type === 'environment.requested') {
      this.environments.set(environmentId, { externalId, standing: 'working', last: type });
    }
    const known = this.environments.get(environmentId);
    if (known) {
      const standing = standingAfter(type);
      if (standing !== undefined && standing !== known.standing) this.movedAt = Date.now();
      known.standing = standing ?? known.standing;
      known.last = type;
      if (type === 'environment.ready') this.untold.add(environmentId);
    }
    if (type === 'delivery.requested') {
      const content = data['content'] as { environmentId: string; template: string };
      if (content.template === 'environment_ready') this.untold.delete(content.environmentId);
      this.unsent.add(deliveryId);
    }
    if (type === 'delivery.sent' || type === 'delivery.abandoned') this.unsent.delete(deliveryId);
  }

  /** How many environments stand where. */
  get count(): Readonly<Record<Standing, number>> {
    const count = { working: 0, ready: 0, needs_attention: 0 };
    for (const { standing } of this.environments.values()) count[standing] += 1;
    return count;
  }

  /** Whether so many environments have come to an end, and their customers were told. */
  isOver(environments: number): boolean {
    return (
      this.environments.size >= environments &&
      this.count.working === 0 &&
      this.unsent.size === 0 &&
      this.untold.size === 0
    );
  }
}
