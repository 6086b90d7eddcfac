import { Turns } from '#libs/event-sourcing/src/turns.js';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';

/**
 * So many environments are on their way into the cluster at once, in the order in which they came: the cluster does
 * not get faster with more, each would only take longer. Those that wait for their pods take no place from them.
 */
const environmentsAtOnce = 8;

/**
 * Steps that need no place: they ask the cluster now and then, and may last for minutes. Nobody goes on from one of
 * them to a step that needs a place: that would be to go round those who queue for one.
 */
const waiting: ReadonlySet<EnvironmentStep> = new Set(['wait', 'smoke', 'export', 'delete']);

export class Places {
  private readonly turns: Turns;

  constructor(atOnce = environmentsAtOnce) {
    this.turns = new Turns(atOnce);
  }

  /**
   * For one environment; it is taken with `enter`.
   * @param left called when the environment is not in hand any more
   */
  place(left?: () => void): Place {
    return new Place(this.turns, left);
  }
}

export class Place {
  private ending: (() => void) | undefined;

  constructor(
    private readonly turns: Turns,
    private readonly left: (() => void) | undefined,
  ) {}

  /** Resolves when the environment may begin with the step. */
  async enter(step: EnvironmentStep): Promise<void> {
    if (!waiting.has(step)) this.ending = await this.turns.enter();
  }

  /** Makes room for another environment when the step needs no place. */
  leaveFor(step: EnvironmentStep): void {
    if (waiting.has(step)) this.makeRoom();
  }

  /** The environment is not in hand any more. Call it once. */
  leave(): void {
    this.makeRoom();
    this.left?.();
  }

  /** Lets another environment in; this one stays in hand. */
  makeRoom(): void {
    this.ending?.();
    this.ending = undefined;
  }
}
