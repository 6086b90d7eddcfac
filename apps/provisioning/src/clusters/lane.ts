import { type Place, Places } from '../carry-out-steps/places.js';

/** The environments of one cluster that this process has in hand. */
export class Lane {
  private taken = 0;
  private readonly places = new Places();

  constructor(private readonly isAway: () => boolean) {}

  get inHand(): number {
    return this.taken;
  }

  /**
   * A place for one environment; `leave` it in the end. Undefined when `most` are in hand, or when the cluster is away
   * and the work can't begin without it.
   */
  enter(most: number, needsCluster: boolean): Place | undefined {
    if (this.taken >= most || (needsCluster && this.isAway())) return undefined;
    this.taken++;
    return this.places.place(() => this.taken--);
  }
}
